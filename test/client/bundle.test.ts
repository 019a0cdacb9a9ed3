import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../support/bundle.js'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** The limits are what was measured, and a little room. */
test.each([
  ['readStream', 'sluice/client', 8_000, []],
  ['connect', 'sluice/client', 10_200, []],
  ['useStream', 'sluice/react', 12_000, ['react']],
])(
  '%s goes into a browser with nothing of Node, nor of what asks providers',
  async (name, from, maxBytes, external) => {
    const entry = join(folder, `${name}.js`)
    await writeFile(entry, `export { ${name} } from '${from}'`)
    const { modules, imports, gzipBytes } = await bundle(entry, { external })
    expect(imports).toEqual(external)
    const strange = /node:|vite-browser-external|p-retry|src\/(drivers|wires)\//
    expect(modules.filter((module) => strange.test(module))).toEqual([])
    expect(modules.some((module) => module.includes('eventsource-parser'))).toBe(true)
    expect(gzipBytes).toBeLessThan(maxBytes)
  },
)
