import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type InstalledPackage, installPackage } from './pack.js'

let installed: InstalledPackage

beforeAll(async () => {
  installed = await installPackage()
}, 120_000)

afterAll(() => installed[Symbol.asyncDispose]())

const used = { createStream: '', compatible: '/compatible', simulatedProvider: '/testing' }

const loaders = {
  mjs: (name: string, path: string) => `import { ${name} } from '${path}'`,
  cjs: (name: string, path: string) => `const { ${name} } = require('${path}')`,
}

/** A request with structured output and hold-back, which most have not. */
function run(kind: keyof typeof loaders, from: string): Promise<string> {
  const head = Object.entries(used).map(([name, path]) => loaders[kind](name, from + path))
  const body = `
    const provider = simulatedProvider({ paceMs: 0 })
    const driver = compatible({ model: 'm', apiKey: 'k', baseURL: 'http://provider.test/v1', fetch: provider.fetch })
    const output = { type: 'array', items: { type: 'string' }, minItems: 1 }
    const retry = { afterContent: 'continue', holdBackChars: 1 }
    createStream({ driver, prompt: 'p', output, retry }).final()
      .then(
        (complete) => console.log(Array.isArray(complete.output)),
        (error) => console.log(error.code, error.message),
      )`
  return installed.runFile(`${from}.${kind}`, head.join('\n') + body)
}

test.each(['mjs', 'cjs'] as const)(
  'what only some requests need is loaded by them, in .%s',
  async (kind) => {
    expect(await run(kind, 'sluice')).toBe('true')
  },
)

test('a file of the package that is gone by the time it is needed is named by the error', async () => {
  const cut = join(installed.folder, 'node_modules', 'cut')
  await cp(join(installed.folder, 'node_modules', 'sluice'), cut, { recursive: true })
  for (const name of await readdir(join(cut, 'dist'))) {
    if (name.startsWith('output-')) await rm(join(cut, 'dist', name))
  }
  const missing = /^unknown Cannot find module .*output-/
  expect(await run('mjs', 'cut')).toMatch(missing)
  expect(await run('cjs', 'cut')).toMatch(missing)
})
