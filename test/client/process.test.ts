import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('browser-baseline.ts', import.meta.url))

test('pages and workers need nothing that browsers of November 2023 lack', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--no-warnings', script])
  expect(stderr).toBe('')
  const lines = stdout.trim().split('\n')
  const uses = readFileSync(script, 'utf8').match(/^ {2}('[^']+'|\w+): (async )?\(\) =>/gm)
  expect(lines).toHaveLength(uses?.length ?? 0)
  expect(lines.filter((line) => !line.endsWith(': ok true'))).toEqual([])
})
