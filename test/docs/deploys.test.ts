/**
 * The server of the recipe about deploys, as two processes that share a database.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blocksOf, root } from './blocks.js'

const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

/** What the page leaves to its reader. */
const given = `import { DatabaseSync } from 'node:sqlite'
import { compatible } from 'sluice/compatible'
import { sqliteLog, sqliteStore } from 'sluice/sqlite'
import { simulatedProvider } from 'sluice/testing'
const database = new DatabaseSync('chat.db')
const store = sqliteStore(database)
const log = sqliteLog(database)
const { fetch } = simulatedProvider({ paceMs: 50, answer: '${words}' })
const driver = compatible({ model: 'any', apiKey: 'any', baseURL: 'http://any.test/v1', fetch })
const exit = (code: number) => process.exit(code)
`
const announced = `
server.once('listening', () => process.send?.((server.address() as { port: number }).port))
`

let folder = ''
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deploys-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(root, join(folder, 'node_modules/sluice'))
  const blocks = blocksOf('docs/recipes/deploys.md').filter(({ language }) => language === 'ts')
  // `sweep()` at the end waits, and the server may listen before.
  const code = blocks[0]?.code.replace('\nawait resumable.sweep()', `${announced}$&`)
  expect(code).toContain(announced)
  await writeFile(join(folder, 'server.ts'), given + code)
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
})

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

async function start(): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'server.ts'], {
    cwd: folder,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  children.push(child)
  const [port] = await once(child, 'message')
  return { child, port: port as number }
}

/** Reads until the connection ends, however it ends. */
async function read(
  port: number,
  method: 'GET' | 'POST',
  headers: Record<string, string>,
  onText: (text: string) => void,
): Promise<string> {
  const sent = request({ port, method, headers, path: '/?key=chat.1' }).end()
  const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream]
  let text = ''
  try {
    for await (const chunk of response) onText((text += String(chunk)))
  } catch {
    // The server closed the connection.
  }
  return text
}

test('the server of the recipe hands its answer over, and another process continues it', async () => {
  const [old, other] = [await start(), await start()]
  const ended = once(old.child, 'exit')
  const first = await read(old.port, 'POST', {}, (text) => {
    if (text.includes('word5')) old.child.kill('SIGTERM')
  })
  expect((await ended)[0]).toBe(0)
  expect(first).not.toContain('event: complete')
  const last =
    first
      .match(/^id: \d+(?=\n.*\n.*\n\n)/gm)
      ?.at(-1)
      ?.slice(4) ?? ''
  const rest = await read(other.port, 'GET', { 'last-event-id': last }, () => {})
  const events = [...(first + rest).matchAll(/^data: (.*)$/gm)].map(([, json = '']) =>
    JSON.parse(json),
  )
  const retries = events.filter(({ type }) => type === 'retry')
  expect(retries).toMatchObject([{ mode: 'continue', error: { code: 'interrupted' } }])
  const contents = events.filter(({ type }) => type === 'content')
  expect(contents.map(({ text }) => text).join('')).toBe(words)
  expect(events.at(-1)).toMatchObject({ type: 'complete', text: words })
}, 30_000)
