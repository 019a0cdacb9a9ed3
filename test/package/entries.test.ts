import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readParts } from '../../bench/footprint/run.ts'
import { type InstalledPackage, installPackage, readEntries } from './pack.js'

let installed: InstalledPackage

beforeAll(async () => {
  installed = await installPackage()
  const packages = ['@anthropic-ai/sdk', '@opentelemetry/api', 'jsonriver', 'openai']
  await installed.link(...packages, 'react', 'react-dom', 'solid-js', 'svelte', 'vue')
}, 120_000)

afterAll(() => installed[Symbol.asyncDispose]())

/** How a file loads modules. `of` returns an expression for the exports of one. */
const loaders = {
  mjs: (modules: string[]) => ({
    head: modules.map((path, index) => `import * as module${index} from '${path}'`).join('\n'),
    of: (path: string) => `module${modules.indexOf(path)}`,
  }),
  cjs: () => ({ head: '', of: (path: string) => `require('${path}')` }),
}

/** The job of each entry. Each returns the answer of the provider. */
const uses: Record<string, string> = {
  sluice: `
    const { createStream, sse, toReadableStream } = entry
    const body = toReadableStream(createStream({ driver, prompt: 'p' }), sse())
    return /"text":"(Hello from a package.)"/.exec(await new Response(body).text())[1]`,
  'sluice/openai': `return ask(entry.openai({ model: 'm', apiKey: 'k', fetch }))`,
  'sluice/anthropic': `return ask(entry.anthropic({ model: 'm', apiKey: 'k', fetch }))`,
  'sluice/gemini': `return ask(entry.gemini({ model: 'm', apiKey: 'k', fetch }))`,
  'sluice/compatible': `return ask(entry.compatible('groq', { model: 'm', apiKey: 'k', fetch }))`,
  'sluice/formats': `
    const text = await new Response(toReadableStream(stream(), entry.openaiChat())).text()
    const chunks = text.match(/^data: {.*$/gm).map((line) => JSON.parse(line.slice(6)))
    return chunks.map(({ choices }) => choices[0]?.delta?.content ?? '').join('')`,
  'sluice/client': `return entry.readStream(await toResponse(stream(), sse())).text()`,
  'sluice/node': `
    const server = createServer((_, response) => entry.pipeToNode(stream(), response, plainText()))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const response = await entry.nodeFetch('http://127.0.0.1:' + server.address().port)
    const text = await response.text()
    server.close().closeAllConnections()
    return text`,
  'sluice/partial-json': `
    let last
    const json = '["Hello from a package."]'
    for await (const value of entry.partialJson(createStream({ driver: scripted([[json]]), prompt: 'p' }))) last = value
    return last[0]`,
  'sluice/resumable': `
    const resumable = entry.createResumable({ log: entry.memoryLog() })
    await resumable.publish('s', stream())
    return (await resumable.follow('s')).text()`,
  'sluice/driver': `
    const refuse = async function* () { throw new entry.StreamError('auth', 'Hello from a package.') }
    return ask({ provider: 'p', model: 'm', stream: refuse }).catch(({ message }) => message)`,
  'sluice/otel': `
    const observe = entry.telemetry(opentelemetry)
    return createStream({ driver, prompt: 'p', ...observe() }).text()`,
  'sluice/mcp': `
    const client = {
      listTools: async () => ({ tools: [{ name: 'say', inputSchema: { type: 'object' } }] }),
      callTool: async () => ({ content: [{ type: 'text', text: 'Hello from a package.' }] }),
    }
    const call = { type: 'content', kind: 'tool-call', index: 0, id: 'a', name: 'say', input: '{}' }
    let steps = 0
    const stream = (...about) =>
      scripted([steps++ === 0 ? [call, { finishReason: 'tool-calls', usage: {} }] : ['']]).stream(...about)
    const driver = { provider: 'p', model: 'm', stream }
    const tools = await entry.mcpTools(client)
    const { message } = await createStream({ driver, prompt: 'p', tools }).final()
    return message.content[1].output`,
  'sluice/testing': `return ask(entry.scripted([['Hello from ', 'a package.']]))`,
  'sluice/conversation': `
    const store = entry.memoryStore()
    await entry.createConversation({ id: 'c', driver, store }).send('p').text()
    const messages = await entry.createConversation({ id: 'c', driver, store }).messages()
    return messages[1].content[0].text`,
  'sluice/redis': `
    const history = ['version', '', JSON.stringify({ role: 'user', content: 'Hello from a package.' })]
    const client = {
      call: async () => history, connect: async () => {}, disconnect() {}, duplicate: () => client, isCluster: false, on() {},
    }
    const { messages } = await entry.redisStore(client).load('c')
    return messages[0].content`,
  'sluice/postgres': `
    const lines = JSON.stringify({ role: 'user', content: 'Hello from a package.' })
    const client = {
      query: async () => ({ rows: [{ version: 'v', draft: null, title: null, lines }] }), release() {}, on() {}, removeListener() {},
    }
    const { messages } = await entry.postgresStore({ connect: async () => client }).load('c')
    return messages[0].content`,
  'sluice/sqlite': `
    const store = entry.sqliteStore(new DatabaseSync(':memory:'))
    await store.write('c', { add: [{ role: 'user', content: 'Hello from a package.' }] }, null)
    return (await store.load('c')).messages[0].content`,
  'sluice/react': `
    const Page = () => createElement('p', null, entry.useStream({ url: '/ai' }).status)
    return renderToString(createElement(Page)).replace('<p>idle</p>', 'Hello from a package.')`,
  'sluice/vue': `
    return effectScope().run(() => entry.useStream(greeting()).messages.value[0].content)`,
  'sluice/svelte': `return entry.useStream(greeting()).messages[0].content`,
  'sluice/solid': `return entry.useStream(greeting()).messages[0].content`,
}

async function runUses(extension: 'mjs' | 'cjs'): Promise<unknown> {
  const entries = Object.keys(uses)
  const others = [
    'node:events',
    'node:http',
    'node:sqlite',
    '@opentelemetry/api',
    'react',
    'react-dom/server',
    'vue',
  ]
  const { head, of } = loaders[extension]([...entries, ...others])
  const names = {
    'createStream, plainText, sse, toReadableStream, toResponse': 'sluice',
    'scripted, simulatedProvider': 'sluice/testing',
    compatible: 'sluice/compatible',
    once: 'node:events',
    createServer: 'node:http',
    DatabaseSync: 'node:sqlite',
    createElement: 'react',
    renderToString: 'react-dom/server',
    createChat: 'sluice/client',
    effectScope: 'vue',
  }
  const code = `${head}
    ${Object.entries(names)
      .map(([taken, path]) => `const { ${taken} } = ${of(path)}`)
      .join('\n')}
    const opentelemetry = ${of('@opentelemetry/api')}
    const { fetch } = simulatedProvider({ paceMs: 0, answer: 'Hello from a package.' })
    const driver = compatible({ baseURL: 'http://provider.test/v1', model: 'm', apiKey: 'k', fetch })
    const ask = (driver) => createStream({ driver, prompt: 'p', retry: false }).text()
    const stream = () => createStream({ driver, prompt: 'p' })
    const initialMessages = [{ role: 'user', content: 'Hello from a package.' }]
    const greeting = () => createChat({ url: '/ai', initialMessages })
    const uses = {${entries
      .map((path) => `'${path}': (async (entry) => {${uses[path]}})(${of(path)})`)
      .join(',\n')}}
    const answers = Object.entries(uses).map(async ([path, answer]) => [path, await answer.catch(String)])
    Promise.all(answers).then((all) => console.log(JSON.stringify(Object.fromEntries(all))))`
  return JSON.parse(await installed.runFile(`uses.${extension}`, code))
}

test('every entry of the package is used here', async () => {
  expect(Object.keys(uses).toSorted()).toEqual(Object.keys(await readEntries()).toSorted())
})

test('every entry has a limit for its size', async () => {
  const limited = readParts().map(({ name }) => `sluice/${name}`.replace(/\/index$/, ''))
  expect(limited).toEqual(expect.arrayContaining(Object.keys(await readEntries())))
})

test.each(['mjs', 'cjs'] as const)('every entry does its job in .%s', async (extension) => {
  const answers = Object.keys(uses).map((path) => [path, 'Hello from a package.'])
  expect(await runUses(extension)).toEqual(Object.fromEntries(answers))
})

test('import and require give the same module for every entry', async () => {
  const code = `import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    const result = { same: [], values: 0 }
    for (const path of ${JSON.stringify(Object.keys(await readEntries()))}) {
      const imported = await import(path)
      if (imported === require(path)) result.same.push(path)
      result.values += Object.values(imported).filter((value) => value !== undefined).length
    }
    console.log(JSON.stringify(result))`
  const { same, values } = JSON.parse(await installed.runFile('same.mjs', code))
  expect(same).toEqual(Object.keys(await readEntries()))
  expect(values).toBeGreaterThan(same.length)
})

test('two copies of the package in one program accept what the other makes', async () => {
  const modules = join(installed.folder, 'node_modules')
  await cp(join(modules, 'sluice'), join(modules, 'copy'), { recursive: true })
  const code = `import * as one from 'sluice'
    import { scripted, simulatedProvider } from 'sluice/testing'
    import { readStream } from 'sluice/client'
    import * as other from 'copy'
    import { compatible } from 'copy/compatible'
    const results = { apart: one.StreamError !== other.StreamError }
    results.is = one.StreamError.is(new other.StreamError('auth', 'm')) && other.StreamError.is(new one.StreamError('auth', 'm'))

    const { fetch } = simulatedProvider({ paceMs: 0, answer: [{ fault: { kind: 'status', status: 401 } }, 'Hello'] })
    const driver = compatible({ baseURL: 'http://provider.test/v1', model: 'm', apiKey: 'k', fetch })
    const fallen = one.fallback(driver, one.retry(other.timeout(driver, 1000), 1))
    const stream = other.createStream({ driver: fallen, prompt: 'p' })
    results.kinds = []
    for await (const event of readStream(await one.toResponse(stream, other.sse()))) {
      if (event.type !== 'content') results.kinds.push(event.type, event.error?.code)
    }
    console.log(JSON.stringify(results))`
  expect(JSON.parse(await installed.runFile('copies.mjs', code))).toEqual({
    apart: true,
    is: true,
    kinds: ['start', null, 'retry', 'auth', 'complete', null],
  })
})

test.each(['mjs', 'cjs'] as const)(
  'a stack trace names the file of the source, in .%s',
  async (extension) => {
    const { head, of } = loaders[extension](['sluice'])
    const code = `${head}
      ${of('sluice')}.createStream({ driver: 1 })`
    const printed = await installed.crashFile(`stack.${extension}`, code)
    expect(printed).toMatch(/\bcreateStream .*\/sluice\/dist\/core\/create-stream\.js:\d+:\d+/)
  },
)

test.each(['mjs', 'cjs'] as const)(
  'an uncaught error prints as a StreamError with its code and cause, in .%s',
  async (extension) => {
    const { head, of } = loaders[extension](['sluice', 'sluice/testing'])
    const code = `${head}
      const { createStream, StreamError } = ${of('sluice')}
      const { scripted } = ${of('sluice/testing')}
      const failed = new StreamError('auth', 'The key is wrong.', { cause: new Error('status 401') })
      createStream({ driver: scripted([failed]), prompt: 'p' }).text().then(console.log)`
    const printed = await installed.crashFile(`crash.${extension}`, code)
    expect(printed).toMatch(/^StreamError: The key is wrong\.$/m)
    expect(printed).toContain("code: 'auth'")
    expect(printed).toContain('[cause]: Error: status 401')
    expect(printed).not.toContain('_StreamError')
  },
)

test('frameworks that render on a server learn that the React entry runs in the browser', async () => {
  const { default: path } = (await readEntries())['sluice/react'] ?? { default: '' }
  const built = join(installed.folder, 'node_modules/sluice', path)
  expect(await readFile(built, 'utf8')).toMatch(/^"use client"/)
})
