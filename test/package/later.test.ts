import { cp, rm } from 'node:fs/promises'
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

/** A request with structured output, whose code loads only when it is asked for. */
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
  'code that only some requests need loads with the first of them, in .%s',
  async (kind) => {
    expect(await run(kind, 'sluice')).toBe('true')
  },
)

test.each(['mjs', 'cjs'] as const)(
  'an error names a file of the package that is missing when it is needed, in .%s',
  async (kind) => {
    const cut = join(installed.folder, 'node_modules', 'cut')
    await cp(join(installed.folder, 'node_modules', 'sluice'), cut, { recursive: true })
    await rm(join(cut, 'dist/attempt/structured-output/output-source.js'))
    expect(await run(kind, 'cut')).toMatch(/^unknown Cannot find module .*output-source/)
  },
)

test('a stream without tools loads no more of the loop than its options', async () => {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({
      load: (url, context, next) => {
        const [, file] = /\\/dist\\/loop\\/(.+)\\.js$/.exec(url) ?? []
        if (file !== undefined) loaded.add(file)
        return next(url, context)
      },
    })
    const { createStream } = await import('sluice')
    const { compatible } = await import('sluice/compatible')
    const { simulatedProvider } = await import('sluice/testing')
    const provider = simulatedProvider({ paceMs: 0 })
    const driver = compatible({ model: 'm', apiKey: 'k', baseURL: 'http://provider.test/v1', fetch: provider.fetch })
    const options = { driver, prompt: 'p' }
    await createStream(options).text()
    await createStream({ ...options, tools: { f: { parameters: { type: 'object' } } } }).text()
    const without = [...loaded].sort()
    await createStream({ ...options, tools: { f: { parameters: { type: 'object' }, run: () => 1 } } }).text()
    console.log(JSON.stringify({ without, has: loaded.has('loop-source') }))`
  const printed = JSON.parse(await installed.runFile('loop.mjs', script)) as unknown
  expect(printed).toEqual({
    without: ['define-tool', 'open-loop', 'options', 'tool-error'],
    has: true,
  })
})
