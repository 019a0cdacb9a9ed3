/**
 * The package as its users get it: packed, installed in an empty folder, imported under ESM, CommonJS and strict types.
 */

import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'))
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root })
  const [tarball = ''] = await readdir(folder)
  await writeFile(join(folder, 'package.json'), '{"private":true}')
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${tarball}`], {
    cwd: folder,
  })
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

async function runFile(name: string, code: string): Promise<string> {
  await writeFile(join(folder, name), code)
  const { stdout } = await run(process.execPath, [name], { cwd: folder })
  return stdout.trim()
}

const names: Record<string, string> = {
  sluice: 'createStream, sse, toResponse',
  'sluice/compatible': 'compatible',
  'sluice/formats': 'aiSdk',
  'sluice/gemini': 'gemini',
  'sluice/openai': 'openai',
  'sluice/anthropic': 'anthropic',
  'sluice/client': 'readStream',
  'sluice/node': 'pipeToNode',
  'sluice/partial-json': 'partialJson',
  'sluice/otel': 'telemetry',
  'sluice/resumable': 'memoryLog',
  'sluice/testing': 'simulatedProvider',
}
const values = Object.values(names).join(', ')

const use = `
  const values = [${values}]
  const provider = simulatedProvider({ paceMs: 0, answer: 'Hello from a package.' })
  const driver = compatible({ model: 'm', apiKey: 'k', baseURL: 'http://provider.test/v1', fetch: provider.fetch })
  toResponse(createStream({ driver, prompt: 'p' }), sse())
    .then((response) => readStream(response).text())
    .then((text) => console.log(text, values.every((value) => typeof value === 'function')))
`

const expected = 'Hello from a package. true'

test('is imported as ESM, without either SDK', async () => {
  const imports = Object.entries(names).map(([path, name]) => `import { ${name} } from '${path}'`)
  expect(await runFile('use.mjs', imports.join('\n') + use)).toBe(expected)
})

test('is required as CommonJS', async () => {
  const requires = Object.entries(names).map(
    ([path, name]) => `const { ${name} } = require('${path}')`,
  )
  expect(await runFile('use.cjs', requires.join('\n') + use)).toBe(expected)
})

test('says what to install where a package is missing', async () => {
  const output = await runFile(
    'missing.mjs',
    `import { createStream } from 'sluice'
     import { openai } from 'sluice/openai'
     import { anthropic } from 'sluice/anthropic'
     for (const driver of [openai({ model: 'm', apiKey: 'k' }), anthropic({ model: 'm', apiKey: 'k' })]) {
       await createStream({ driver, prompt: 'p' }).text().catch((error) => console.log(error.message))
     }
     import { partialJson } from 'sluice/partial-json'
     import { scripted } from 'sluice/testing'
     const stream = createStream({ driver: scripted([['{}']]), prompt: 'p' })
     await partialJson(stream).next().catch((error) => console.log(error.message))`,
  )
  expect(output).toContain('npm install jsonriver')
  expect(output).toContain('npm install openai')
  expect(output).toContain('npm install @anthropic-ai/sdk')
})

test('renders on a server, with the React of whoever uses it, as ESM and as CommonJS', async () => {
  for (const name of ['react', 'react-dom']) {
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  const page = `
    const Page = () => createElement('p', null, useStream({ url: '/ai' }).status)
    console.log(renderToString(createElement(Page)))`
  const uses = {
    createElement: 'react',
    renderToString: 'react-dom/server',
    useStream: 'sluice/react',
  }
  const lines = (line: (name: string, from: string) => string): string =>
    Object.entries(uses)
      .map(([name, from]) => line(name, from))
      .join('\n')
  const imports = lines((name, from) => `import { ${name} } from '${from}'`)
  expect(await runFile('page.mjs', imports + page)).toBe('<p>idle</p>')
  const requires = lines((name, from) => `const { ${name} } = require('${from}')`)
  expect(await runFile('page.cjs', requires + page)).toBe('<p>idle</p>')
  // Frameworks that render components on a server know by this line which run in the browser too.
  const built = await readFile(join(folder, 'node_modules/sluice/dist/react.js'), 'utf8')
  expect(built).toMatch(/^"use client"/)
})

test('compiles under strict types, as ESM and as CommonJS, without skipLibCheck', async () => {
  const code = `${Object.entries({ ...names, 'sluice/react': 'useStream' })
    .map(([path, name]) => `import { ${name} } from '${path}'`)
    .join('\n')}
    import type { StreamEvent } from 'sluice'
    export async function collect(): Promise<StreamEvent[]> {
      const events: StreamEvent[] = []
      const driver = compatible({ model: 'm', baseURL: 'http://provider.test/v1' })
      for await (const event of createStream({ driver, prompt: 'p' })) events.push(event)
      return events
    }
    export { ${values} }`
  await writeFile(join(folder, 'use.mts'), code)
  await writeFile(join(folder, 'use.cts'), code)
  await symlink(join(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types')).catch(
    () => {},
  )
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'NodeNext',
        target: 'ES2023',
        lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
      },
      files: ['use.mts', 'use.cts'],
    }),
  )
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await run(process.execPath, [compiler, '-p', folder], { cwd: folder }).catch(
    (error: { stdout: string }) => ({ stdout: error.stdout }),
  )
  expect(stdout).toBe('')
}, 60_000)
