import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ConversationOptions,
  type ConversationStore,
  createConversation,
  memoryStore,
} from '../../src/entries/conversation.js'
import { StreamError } from '../../src/entries/index.js'
import { redisStore } from '../../src/entries/redis.js'
import { scripted } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'
import { echo, held, lines, scripts } from '../support/conversations.js'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../support/redis.js'
import { clients, type TestClient } from '../support/redis-clients.js'

const interrupted = new StreamError('interrupted', 'The wire ended.')

const stores: [string, boolean, () => Promise<[ConversationStore, () => Promise<void> | void]>][] =
  [
    ['memory', true, () => Promise.resolve([memoryStore(), () => {}])],
    ...Object.entries(clients).map(([name, connect]): (typeof stores)[number] => [
      `redis by ${name}${redisNote}`,
      redisPresent,
      async () => {
        const server: RedisServer = await startRedis()
        const given: TestClient = await connect(server)
        const close = async (): Promise<void> => {
          given.close()
          await server.stop()
        }
        return [redisStore(given.client), close]
      },
    ]),
  ]

for (const [name, present, open] of stores) {
  describe.skipIf(!present)(`a conversation in ${name}`, () => {
    let store: ConversationStore
    let close: () => Promise<void> | void
    let id = ''
    beforeAll(async () => {
      ;[store, close] = await open()
    }, 30_000)
    afterAll(() => close())

    /** A conversation of this test alone. */
    function start(options: Partial<ConversationOptions> = {}) {
      id = crypto.randomUUID()
      return createConversation({ id, store, driver: echo(), retry: false, ...options })
    }

    test('a conversation sends all earlier messages to the model', async () => {
      const conversation = start({ system: 'Be brief.' })
      expect(await conversation.send('a').text()).toBe('a')
      expect(await conversation.send('b').text()).toBe('a / a / b')
      expect(lines(await conversation.messages())).toEqual([
        'user a',
        'assistant a',
        'user b',
        'assistant a / a / b',
      ])
      const again = createConversation({ id, store, driver: echo() })
      expect(await again.messages()).toEqual(await conversation.messages())
    })

    test('complete is emitted after both messages are stored, with the number of messages', async () => {
      const conversation = start()
      for (const [text, messageCount] of [
        ['a', 2],
        ['b', 4],
      ] as const) {
        for await (const event of conversation.send(text)) {
          if (event.type !== 'complete') continue
          expect(event.messageCount).toBe(messageCount)
          expect(await conversation.messages()).toHaveLength(messageCount)
        }
      }
      expect(await conversation.send('c').final()).toMatchObject({ messageCount: 6 })
    })

    test('a failed turn leaves its question, which the next turn stores once', async () => {
      const conversation = start({ driver: scripts(['one'], ['tw', interrupted], ['three']) })
      await conversation.send('a').text()
      const events = await collect(conversation.send('b'))
      expect(outline(events)).toEqual(['start', 'text tw', 'error interrupted'])
      expect(events.at(-1)).not.toHaveProperty('messageCount')
      expect(lines(await conversation.messages())).toEqual(['user a', 'assistant one', 'user b'])
      const { messages, draft } = await conversation.read()
      expect(messages).toHaveLength(2)
      expect(draft).toMatchObject({ input: [{ content: 'b' }] })
      expect(await conversation.send('c').final()).toMatchObject({ messageCount: 5 })
      expect(lines(await conversation.messages())).toEqual([
        'user a',
        'assistant one',
        'user b',
        'user c',
        'assistant three',
      ])
    })

    test('a turn stores the answer of the attempt that succeeded, and nothing of the failed one', async () => {
      const conversation = start({
        driver: scripted([['half', interrupted], ['whole']]),
        retry: { maxRetries: 1, minDelayMs: 0 },
      })
      const events = await collect(conversation.send('a'))
      expect(outline(events)).toEqual([
        'start',
        'text half',
        'retry 2/2 restart interrupted',
        'text whole',
        'complete whole',
      ])
      expect(lines(await conversation.messages())).toEqual(['user a', 'assistant whole'])
    })

    test('a turn that is aborted by cancel(), break or its signal leaves its question', async () => {
      const conversation = start({ driver: scripted(['half', { hang: true }]) })
      const controller = new AbortController()
      const cancelled = conversation.send('a')
      for await (const event of cancelled) if (event.type === 'content') cancelled.cancel()
      for await (const event of conversation.send('b')) if (event.type === 'content') break
      for await (const event of conversation.send('c', { signal: controller.signal })) {
        if (event.type === 'content') controller.abort()
      }
      expect(lines(await conversation.messages())).toEqual(['user a', 'user b', 'user c'])
      const last = conversation.send('d', { driver: echo(), onConflict: 'reject' })
      expect(await last.text()).toBe('a / b / c / d')
    })

    test('onError keeps the partial answer, with the reason, or nothing', async () => {
      const conversation = start({
        driver: scripts(['ha', 'lf', interrupted], ['par', { hang: true }], [interrupted]),
        onError: 'keep-partial',
      })
      const failed = await collect(conversation.send('a'))
      expect(failed.at(-1)).toMatchObject({ type: 'error', error: interrupted })
      for await (const event of conversation.send('b')) if (event.type === 'content') break
      await collect(conversation.send('c', { onError: 'forget' }))
      const messages = await conversation.messages()
      const expected = ['user a', 'assistant half', 'user b', 'assistant par']
      expect(lines(messages)).toEqual(expected)
      expect(messages.map(({ status, errorCode }) => [status, errorCode])).toEqual([
        [undefined, undefined],
        ['partial', 'interrupted'],
        [undefined, undefined],
        ['partial', 'aborted'],
      ])
      expect(await conversation.read()).toEqual({ title: 'a', messages })
    })

    test('turns run one at a time, and the second one sees the first', async () => {
      const first = held('one')
      const conversation = start({ driver: first.driver })
      const one = conversation.send('a').final()
      await expect.poll(first.begun).toBe(1)
      const second = echo()
      const other = createConversation({ id, store, driver: second })
      const two = other.send('b').final()
      first.finish()
      expect(await one).toMatchObject({ messageCount: 2 })
      expect(await two).toMatchObject({ messageCount: 4, text: 'a / one / b' })
    })

    test('a turn with onConflict reject fails with conflict while another one runs', async () => {
      const first = held('one')
      const conversation = start({ driver: first.driver })
      const one = conversation.send('a').final()
      await expect.poll(first.begun).toBe(1)
      const two = conversation.send('b', { onConflict: 'reject' })
      await expect(two.text()).rejects.toMatchObject({ code: 'conflict', retryable: false })
      first.finish()
      await one
      expect(await conversation.messages()).toHaveLength(2)
    })

    test('a cancelled turn stops waiting, and the next one runs', async () => {
      const first = held('one')
      const conversation = start({ driver: first.driver })
      const one = conversation.send('a').final()
      await expect.poll(first.begun).toBe(1)
      const second = echo()
      const two = conversation.send('b', { driver: second })
      const events = collect(two)
      await new Promise((resolve) => setTimeout(resolve, 20))
      two.cancel()
      expect(outline(await events)).toEqual(['start', 'error aborted'])
      first.finish()
      await one
      expect(await conversation.send('c', { driver: echo() }).text()).toBe('a / one / c')
      expect(second.asked).toEqual([])
    })

    test('tools run between a turn that ends with calls and one that sends their results', async () => {
      const call = { type: 'content', index: 0, kind: 'tool-call', id: 'c1', name: 'now' } as const
      const conversation = start({
        driver: scripts([
          { ...call, input: '{"zone":"UTC"}' },
          { finishReason: 'tool-calls', usage: {} },
        ]),
        tools: { now: { parameters: { type: 'object' } } },
      })
      expect(await conversation.send('How late is it?').final()).toMatchObject({
        finishReason: 'tool-calls',
      })
      const model = echo()
      const result = { type: 'tool-result', id: 'c1', name: 'now', output: '12:00' } as const
      await conversation.send({ role: 'tool', content: [result] }, { driver: model }).text()
      const named = { id: expect.any(String) }
      expect(model.asked[0]).toEqual([
        { ...named, role: 'user', content: 'How late is it?' },
        {
          ...named,
          role: 'assistant',
          content: [{ type: 'tool-call', id: 'c1', name: 'now', input: { zone: 'UTC' } }],
          finishReason: 'tool-calls',
          waiting: [{ id: 'c1', for: 'client' }],
        },
        { ...named, role: 'tool', content: [result] },
      ])
      expect(await conversation.messages()).toHaveLength(4)
    })

    test('images, files and URLs are stored as JSON', async () => {
      const conversation = start()
      const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index % 256)
      const model = echo()
      await conversation
        .send(
          [
            { type: 'text', text: 'Look:' },
            { type: 'image', data: bytes, mediaType: 'image/png' },
            {
              type: 'file',
              data: new URL('https://example.com/a b.pdf'),
              mediaType: 'application/pdf',
            },
          ],
          { driver: model },
        )
        .text()
      const content = [
        { type: 'text', text: 'Look:' },
        { type: 'image', data: Buffer.from(bytes).toString('base64'), mediaType: 'image/png' },
        { type: 'file', data: 'https://example.com/a%20b.pdf', mediaType: 'application/pdf' },
      ]
      const [first] = await conversation.messages()
      const stored = { id: expect.any(String), role: 'user', content }
      expect(first).toEqual(stored)
      expect(model.asked[0]).toEqual([stored])
    })

    test('select determines the messages that are sent, and all are stored', async () => {
      const model = echo()
      const conversation = start({
        driver: model,
        select: (messages) => Promise.resolve(messages.slice(-1)),
      })
      await conversation.send('a').text()
      expect(await conversation.send('b').text()).toBe('b')
      expect(await conversation.messages()).toHaveLength(4)
      const all = conversation.send('c', { select: (messages) => messages })
      expect(await all.text()).toBe('a / a / b / b / c')
    })

    test('select receives the id and a signal that aborts when the turn is canceled', async () => {
      const seen: unknown[] = []
      const conversation = start()
      const stream = conversation.send('a', {
        select: (_messages, { id: ofTurn, signal }) => {
          seen.push(ofTurn)
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason))
            stream.cancel('The reader left.')
          })
        },
      })
      expect((await collect(stream)).at(-1)).toMatchObject({ error: { code: 'aborted' } })
      expect(seen).toEqual([conversation.id])
    })

    test('a conversation is empty after clear(), and a running turn fails with conflict', async () => {
      const conversation = start()
      await conversation.send('a').text()
      const running = held('one')
      const turn = collect(conversation.send('b', { driver: running.driver }))
      await expect.poll(running.begun).toBe(1)
      await conversation.clear()
      running.finish()
      expect(outline(await turn)).toEqual(['start', 'text one', 'error conflict'])
      expect(await conversation.messages()).toEqual([])
      expect(await conversation.send('c').text()).toBe('c')
    })

    test('conversations with different ids are separate', async () => {
      const one = start()
      const other = start()
      await Promise.all([one.send('a').text(), other.send('b').text()])
      expect(lines(await one.messages())).toEqual(['user a', 'assistant a'])
      expect(lines(await other.messages())).toEqual(['user b', 'assistant b'])
    })

    test('a turn that is not read, or only up to its start, does not lock the conversation', async () => {
      const conversation = start()
      conversation.send('a')
      const iterator = conversation.send('b')[Symbol.asyncIterator]()
      await iterator.next()
      expect(await conversation.send('c', { onConflict: 'reject' }).text()).toBe('c')
      await iterator.return?.()
    })

    test('many concurrent turns all complete, one after the other', async () => {
      const conversation = start()
      const turns = Array.from({ length: 5 }, (_, index) => conversation.send(`${index}`).final())
      const counts = (await Promise.all(turns)).map(({ messageCount }) => messageCount)
      expect(new Set(counts)).toEqual(new Set([2, 4, 6, 8, 10]))
      const texts = lines(await conversation.messages())
      expect(texts).toHaveLength(10)
      expect(texts.filter((line) => line.startsWith('user')).toSorted()).toEqual(
        ['0', '1', '2', '3', '4'].map((text) => `user ${text}`),
      )
    })
  })
}
