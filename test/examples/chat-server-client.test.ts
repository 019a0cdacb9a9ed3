/**
 * `createChat()` with the routes of the chat server: the page and the store agree after each action.
 */

import { type Chat, type ChatOptions, createChat } from 'sluice/client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Example } from './child.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let server: Example
let base: string
let cookie = ''
let id: string
let chat: Chat
/** The requests, such as `POST messages`. */
let requests: string[]
const kept = new Map<string, string>()

beforeAll(async () => {
  server = new Example('chat-server/server.ts', { PORT: '0' })
  ;[base = ''] = await server.prints(/http:\/\/(localhost|127\.0\.0\.1):\d+/)
})
afterAll(() => server?.[Symbol.asyncDispose]())

beforeEach(() => {
  id = crypto.randomUUID()
  requests = []
  chat = open()
})
afterEach(() => chat.destroy())

async function send(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (cookie !== '') headers.set('cookie', cookie)
  const { method = 'GET' } = init
  const response = await fetch(url, { ...init, headers })
  for (const line of response.headers.getSetCookie()) cookie = line.replace(/;.*/, '')
  requests.push(`${method} ${url.includes('/streams/') ? 'stream' : url.replace(/.*\//, '')}`)
  return response
}

function open(): Chat {
  const routes = { send: 'messages', edit: 'edit', regenerate: 'regenerate', resume: 'resume' }
  const options: ChatOptions = {
    fetch: (url, init) => send(url instanceof Request ? url.url : String(url), init),
    url: ({ action }) => `${base}/api/conversations/${id}/${routes[action]}`,
    body: (_messages, { action, key, messageId, message }) =>
      action === 'send' || action === 'edit' ? { key, messageId, message } : { key },
    createKey: () => `${id}.${crypto.randomUUID()}`,
    streamUrl: (key) => `${base}/api/streams/${key}`,
    resumesTurns: true,
    keep: {
      id,
      storage: {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
        removeItem: (key) => void kept.delete(key),
      },
    },
    tools: { pick_date: () => '2027-01-31' },
  }
  const opened = createChat(options)
  opened.subscribe(() => {})
  return opened
}

const reaches = (status: string): Promise<void> =>
  vi.waitFor(() => expect(chat.getState().status).toBe(status), { timeout: 30_000, interval: 20 })

/** The conversation as the server has it. */
async function stored(): Promise<{ id: string; role: string; status?: string }[]> {
  const response = await send(`${base}/api/conversations/${id}`)
  return ((await response.json()) as { messages: [] }).messages
}

/** The page shows the messages of the store, by their ids. */
async function agrees(): Promise<void> {
  await vi.waitFor(
    async () => {
      const { messages } = chat.getState()
      expect((await stored()).map((message) => message.id)).toEqual(messages.map((one) => one.id))
    },
    { timeout: 10_000 },
  )
}

function shown(): string {
  return chat
    .getState()
    .messages.map(({ role, status }) => `${role} ${status}`)
    .join(', ')
}

test('a question, another answer and an edit are the same on the page and on the server', async () => {
  chat.send('Hello')
  await reaches('idle')
  await agrees()
  expect(chat.regenerate()).toBe(true)
  await reaches('idle')
  await agrees()
  expect(chat.edit(chat.getState().messages[0]?.id ?? '', 'Bye')).toBe(true)
  await reaches('idle')
  await agrees()
  expect(shown()).toBe('user done, assistant done')
  expect(requests.filter((line) => line.startsWith('POST'))).toEqual([
    'POST messages',
    'POST regenerate',
    'POST edit',
  ])
})

test('a turn that was stopped is resumed under another key', async () => {
  chat.send('30 sentences')
  await reaches('streaming')
  chat.stop()
  expect(shown()).toBe('user done, assistant stopped')
  await vi.waitFor(async () => expect((await stored()).at(-1)?.status).toBe('partial'))
  expect(chat.retry()).toBe(true)
  await reaches('idle')
  expect(shown()).toBe('user done, assistant done')
  await agrees()
  expect(requests).toContain('POST resume')
})

test('a stop before the response ends the turn on the server', async () => {
  chat.send('30 sentences')
  chat.stop()
  expect(shown()).toBe('user stopped')
  await vi.waitFor(() =>
    expect(requests.filter((line) => line === 'DELETE stream')).toHaveLength(2),
  )
  const { running } = (await (await send(`${base}/api/conversations/${id}`)).json()) as {
    running?: object
  }
  expect(running).toBeUndefined()
})

test('a failed turn is resumed, and what is stored of it is not doubled', async () => {
  chat.send('fail for good')
  await reaches('error')
  expect(shown()).toBe('user done, assistant failed')
  expect(chat.retry()).toBe(true)
  await reaches('error')
  expect(shown()).toBe('user done, assistant failed')
  expect((await stored()).map(({ role }) => role)).toEqual(['user', 'assistant'])
})

test.each([
  ['an approval', 'send an email'],
  ['a tool of the page', 'pick a date'],
])('%s continues the conversation', async (_name, question) => {
  chat.send(question)
  await vi.waitFor(() => expect(chat.getState().calls).toHaveLength(1), { timeout: 20_000 })
  if (question === 'send an email') {
    await reaches('idle')
    expect(chat.approve(chat.getState().calls[0]?.id ?? '', true)).toBe(true)
  }
  await vi.waitFor(() => expect(chat.getState().messages).toHaveLength(4), { timeout: 20_000 })
  await reaches('idle')
  expect(chat.getState().calls).toMatchObject([{ state: 'done' }])
  await agrees()
})

test('a page that is loaded again follows the answer after a history that comes late', async () => {
  chat.send('30 sentences')
  await reaches('streaming')
  chat.destroy()
  chat = open()
  await reaches('streaming')
  chat.setMessages((await stored()) as never)
  expect(shown()).toBe('user done, assistant streaming')
  await reaches('idle')
  expect(shown()).toBe('user done, assistant done')
  await agrees()
})
