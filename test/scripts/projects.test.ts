import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { onTheBuild } from '../../vitest.config.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const files = (pattern: string | readonly string[]): string[] => globSync(pattern, { cwd: root })

const startsProcesses =
  /^(?:import|\}) .*(?:'node:child_process'|\/line-process\.js'|\/child\.[jt]s')/m

/** It starts a copy of a script, which uses no build. */
const withoutBuild = ['test/scripts/fresh.test.ts']

/** A process resolves this package to `dist`, and would run on a build that is older than the source. */
test('a test that starts processes is in the Vitest project that builds before', () => {
  const built = new Set(files(onTheBuild))
  const starting = files('test/**/*.test.{ts,tsx}').filter((file) =>
    startsProcesses.test(readFileSync(root + file, 'utf8')),
  )
  expect(starting).toContain('test/faults/process.test.ts')
  expect(starting.filter((file) => !built.has(file))).toEqual(withoutBuild)
})
