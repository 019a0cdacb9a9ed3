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

test.each([
  ['readStream', 'sluice/client', []],
  ['connect', 'sluice/client', []],
  ['useStream', 'sluice/react', ['react']],
])(
  'a bundle of %s for browsers holds nothing of Node and no driver',
  async (name, from, external) => {
    const entry = join(folder, `${name}.js`)
    await writeFile(entry, `export { ${name} } from '${from}'`)
    const { modules, imports } = await bundle(entry, { external })
    expect(imports).toEqual(external)
    const strange = /node:|vite-browser-external|p-retry|src\/(drivers|wires)\//
    expect(modules.filter((module) => strange.test(module))).toEqual([])
    expect(modules.some((module) => module.includes('eventsource-parser'))).toBe(true)
  },
)
