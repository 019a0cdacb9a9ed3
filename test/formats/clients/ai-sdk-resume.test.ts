/**
 * Pages of the AI SDK that are reloaded while an answer streams, and after it.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
// The document has to be there before what renders into it.
import { useChat } from '@ai-sdk/react'
import { cleanup, renderHook, waitFor } from '@testing-library/react'
import { AbstractChat, DefaultChatTransport, type UIMessage } from 'ai'
import { AbstractChat as AbstractChat5, DefaultChatTransport as Transport5 } from 'ai-5'
import { AbstractChat as AbstractChat6, DefaultChatTransport as Transport6 } from 'ai-6'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { Driver } from '../../../src/base/driver.js'
import { createConversation, memoryStore } from '../../../src/entries/conversation.js'
import { aiSdk, fromUiMessages, toUiMessages } from '../../../src/entries/formats.js'
import { parseMessages } from '../../../src/entries/index.js'
import { pipeToNode } from '../../../src/entries/node.js'
import { createResumable, memoryLog } from '../../../src/entries/resumable.js'
import { window } from '../../support/dom.js'

afterEach(cleanup)
afterAll(() => window.close())

type Version = 5 | 6 | 7

interface Server extends AsyncDisposable {
  api: string
  /** Lets the model say one more word. */
  say(word: string): void
  finish(): void
  /** The messages that a page is loaded with. */
  stored(): Promise<UIMessage[]>
  /** The status of each request for a running stream. */
  readonly asked: number[]
}

/** A chat whose answers outlive their connections. The words come when the test says so. */
async function open(version: Version): Promise<Server> {
  const words: (string | null)[] = []
  let wake = (): void => {}
  const driver: Driver = {
    provider: 'p',
    model: 'm',
    async *stream() {
      for (;;) {
        const word = words.shift()
        if (word === null) return { finishReason: 'stop', usage: {} }
        if (word !== undefined) yield { type: 'content', index: 0, kind: 'text', text: word }
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
  const conversation = createConversation({ id: 'c', store: memoryStore(), driver })
  const resumable = createResumable({ log: memoryLog() })
  const asked: number[] = []
  let answer = 'none'
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'POST') {
      let body = ''
      for await (const piece of request) body += String(piece)
      const said = parseMessages(fromUiMessages(JSON.parse(body).messages))
      answer = crypto.randomUUID()
      await resumable.publish(answer, conversation.send(said.slice(-1)))
    }
    const stream = await resumable.follow(answer)
    const isOver = stream === null || (request.method === 'GET' && stream.ended)
    if (request.method === 'GET') asked.push(isOver ? 204 : 200)
    if (isOver) response.writeHead(204).end()
    else await pipeToNode(stream, response, aiSdk({ version }))
  }
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const push = (word: string | null): void => {
    words.push(word)
    wake()
  }
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat`,
    say: push,
    finish: () => push(null),
    stored: async () => toUiMessages((await conversation.read()).messages),
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The connections of one page: they break when it is reloaded. */
function connections(): { fetch: typeof fetch; reload(): void } {
  const page = new AbortController()
  return {
    fetch: (url, options) => fetch(url, { ...options, signal: page.signal }),
    reload: () => page.abort(),
  }
}

function textsOf(messages: readonly { role: string; parts: readonly { type: string }[] }[]) {
  return messages.map(({ role, parts }) => {
    const texts = parts.map((part) => (part.type === 'text' && 'text' in part ? part.text : ''))
    return `${role}: ${texts.join('')}`
  })
}

test('a page with useChat that is reloaded shows one answer, whichever messages it begins with', async () => {
  await using server = await open(7)
  const load = (messages: UIMessage[]) => {
    const { fetch, reload } = connections()
    const transport = new DefaultChatTransport({ api: server.api, fetch })
    const { result, unmount } = renderHook(() =>
      useChat({ id: 'c', messages, resume: true, transport }),
    )
    const close = (): UIMessage[] => {
      const kept: UIMessage[] = JSON.parse(JSON.stringify(result.current.messages))
      unmount()
      reload()
      return kept
    }
    return { chat: () => result.current, texts: () => textsOf(result.current.messages), close }
  }
  const first = load([])
  await waitFor(() => expect(server.asked).toEqual([204]))
  void first.chat().sendMessage({ text: 'Hi' })
  server.say('One ')
  await waitFor(() => expect(first.texts()).toEqual(['user: Hi', 'assistant: One ']))
  // A page that keeps what it showed.
  const kept = first.close()
  const second = load(kept)
  server.say('two ')
  await waitFor(() => expect(second.texts()).toEqual(['user: Hi', 'assistant: One two ']))
  second.close()
  // A page that begins with what the server has stored: the question.
  const third = load(kept.slice(0, 1))
  server.say('three.')
  await waitFor(() => expect(third.texts()).toEqual(['user: Hi', 'assistant: One two three.']))
  server.finish()
  await waitFor(() => expect(third.chat().status).toBe('ready'))
  expect(third.texts()).toEqual(['user: Hi', 'assistant: One two three.'])
  const last = third.close()
  expect(server.asked).toEqual([204, 200, 200])
  const stored = await server.stored()
  expect(stored.map(({ id }) => id)).toEqual(last.map(({ id }) => id))
  for (const messages of [last, stored]) {
    const count = server.asked.length
    const page = load(messages)
    await waitFor(() => expect(server.asked).toHaveLength(count + 1))
    await waitFor(() => expect(page.chat().status).toBe('ready'))
    expect(page.texts()).toEqual(['user: Hi', 'assistant: One two three.'])
    page.close()
  }
  expect(server.asked.slice(3)).toEqual([204, 204])
})

/** What a chat of a framework keeps its messages in. */
class State {
  status = 'ready'
  error: Error | undefined
  messages: UIMessage[]

  constructor(messages: UIMessage[]) {
    this.messages = messages
  }

  pushMessage = (message: UIMessage): void => void (this.messages = [...this.messages, message])
  popMessage = (): void => void (this.messages = this.messages.slice(0, -1))
  replaceMessage = (at: number, message: UIMessage): void =>
    void (this.messages = this.messages.with(at, structuredClone(message)))
  snapshot = <T>(value: T): T => structuredClone(value)
}

const chats = {
  5: [AbstractChat5, Transport5],
  6: [AbstractChat6, Transport6],
  7: [AbstractChat, DefaultChatTransport],
} as unknown as Record<Version, readonly [typeof AbstractChat, typeof DefaultChatTransport]>

test.each<Version>([5, 6, 7])(
  'a chat of ai %i that follows an answer again shows it once',
  async (version) => {
    await using server = await open(version)
    const [Base, Transport] = chats[version]
    class Chat extends Base<UIMessage> {}
    const load = (messages: UIMessage[]) => {
      const { fetch, reload } = connections()
      const state = new State(messages)
      const transport = new Transport({ api: server.api, fetch })
      const chat = new Chat({ id: 'c', state: state as never, transport })
      return { chat, state, texts: () => textsOf(state.messages), reload }
    }
    const first = load([])
    void first.chat.sendMessage({ text: 'Hi' })
    server.say('One ')
    await vi.waitFor(() => expect(first.texts()).toEqual(['user: Hi', 'assistant: One ']))
    const kept = structuredClone(first.state.messages)
    first.reload()
    const second = load(kept)
    const resumed = second.chat.resumeStream()
    server.say('two.')
    await vi.waitFor(() => expect(second.texts()).toEqual(['user: Hi', 'assistant: One two.']))
    server.finish()
    await resumed
    expect(second.texts()).toEqual(['user: Hi', 'assistant: One two.'])
    const third = load(structuredClone(second.state.messages))
    await third.chat.resumeStream()
    expect(third.texts()).toEqual(['user: Hi', 'assistant: One two.'])
    expect(server.asked).toEqual([200, 204])
  },
)
