/**
 * Builds the routes of `docs/recipes/frameworks.md` in their frameworks, starts them, and checks what
 * the page promises: `npm ci && npm start`, after `npm run build` in the root. With names of
 * frameworks, only those: `npm start -- nuxt`.
 */

import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { simulatedProvider } from 'sluice/testing'
import { blocksOf } from '../docs/blocks.ts'

interface Framework {
  /** The command that builds it, in its folder. */
  build: string[]
  /** What starts the built server. */
  server: string
  route: string
  /** A page that the framework renders, with a word that it shows. */
  page?: string
}

const bin = join(import.meta.dirname, 'node_modules')
const frameworks: Record<string, Framework> = {
  nest: { build: [`${bin}/typescript/bin/tsc`], server: 'dist/main.js', route: '/chat' },
  sveltekit: {
    build: [`${bin}/vite/bin/vite.js`, 'build', '--logLevel', 'error'],
    server: 'build/index.js',
    route: '/chat',
    page: 'idle',
  },
  nuxt: {
    build: [`${bin}/nuxt/bin/nuxt.mjs`, 'build', '--logLevel', 'silent'],
    server: '.output/server/index.mjs',
    route: '/api/chat',
    page: 'idle',
  },
}

const run = promisify(execFile)
const provider = simulatedProvider({ paceMs: 5, answer: 'word '.repeat(1000) })
const upstream = await provider.listen()
const environment = {
  ...process.env,
  OPENAI_API_KEY: 'any',
  OPENAI_BASE_URL: `${upstream.url}/v1`,
  NUXT_TELEMETRY_DISABLED: '1',
  HOST: '127.0.0.1',
}

const wanted = process.argv.slice(2)
for (const [name, framework] of Object.entries(frameworks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const folder = await writeProject(name)
  await run(process.execPath, framework.build, { cwd: folder, env: environment })
  const port = await findPort()
  const server = spawn(process.execPath, [framework.server], {
    cwd: folder,
    env: { ...environment, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    await check(name, framework, `http://127.0.0.1:${port}`, server)
  } finally {
    server.kill('SIGKILL')
  }
}
await upstream.close()

/** The framework's own files, and the blocks of the page. */
async function writeProject(name: string): Promise<string> {
  const folder = join(import.meta.dirname, '.projects', name)
  await rm(folder, { recursive: true, force: true })
  await cp(join(import.meta.dirname, 'projects', name), folder, { recursive: true })
  const blocks = blocksOf('docs/recipes/frameworks.md').filter(
    ({ file }) => file?.startsWith(`${name}/`) === true,
  )
  assert.ok(blocks.length > 0, `The page has no file of ${name}.`)
  for (const { file = '', code } of blocks) {
    const path = join(dirname(folder), file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `${code}\n`)
  }
  return folder
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Resolves once the server answers, and rejects if it ends first. */
async function listening(origin: string, server: ChildProcess): Promise<void> {
  for (;;) {
    assert.equal(server.exitCode, null, 'The server ended.')
    const isUp = await fetch(origin).then(
      () => true,
      () => false,
    )
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function check(
  name: string,
  { route, page }: Framework,
  origin: string,
  server: ChildProcess,
): Promise<void> {
  await listening(origin, server)
  const ask = (role: string, signal?: AbortSignal): Promise<Response> =>
    fetch(origin + route, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role, content: 'Hello?' }] }),
      ...(signal && { signal }),
    })

  const refused = await ask('system')
  assert.equal(refused.status, 400)
  assert.match(await refused.text(), /"code":"invalid-request"/)

  const leaving = new AbortController()
  const response = await ask('user', leaving.signal)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('event: content')) text += (await reader?.read())?.value ?? assert.fail()
  const request = provider.requests.at(-1)
  assert.ok((request?.sent ?? Infinity) < 500, 'The answer came all at once.')
  leaving.abort()
  assert.equal(await request?.closed, 'aborted')

  const whole = await (await ask('user')).text()
  assert.match(whole, /event: complete\n/)
  if (page !== undefined) assert.match(await (await fetch(origin)).text(), new RegExp(page))
  console.log(`${name}: streams, refuses, and closes the provider's connection`)
}
