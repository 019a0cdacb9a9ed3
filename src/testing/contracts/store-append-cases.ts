/**
 * The contract of a store: messages.
 *
 * @module
 */

import type { Message } from '../../base/messages.js'
import { check, show } from './driver-checks.js'
import {
  checkEqual,
  checkRejects,
  keepRenewing,
  later,
  pause,
  type StoreCase,
  soon,
  turnOf,
} from './store-case.js'

/** Messages with every kind of part, and with characters that have broken stores. */
const everything: Message[] = [
  { role: 'system', content: 'Be brief.' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'Grüße 🌊\r\n\u2028"quotes" \\ \u0000 ' },
      { type: 'image', data: 'iVBORw0KGgo=', mediaType: 'image/png' },
      { type: 'file', data: 'JVBERi0=', mediaType: 'application/pdf', filename: 'a.pdf' },
    ],
  },
  {
    role: 'assistant',
    content: [
      { type: 'reasoning', text: '', signature: 'opaque==', redacted: true },
      { type: 'text', text: '' },
      { type: 'tool-call', id: 'c1', name: 'look', input: { at: [1, null, 'x'], deep: {} } },
      { type: 'source', url: 'https://example.com', raw: { any: 1.5 } },
    ],
  },
  { role: 'tool', content: [{ type: 'tool-result', id: 'c1', name: 'look', output: [] }] },
  { role: 'assistant', content: 'x'.repeat(100_000) },
]

const unusualIds = [
  ' ',
  'a:b:lock',
  'a{b}c',
  '}x{',
  '%7B%',
  '__proto__',
  'constructor',
  'line\nbreak',
  '日本語 🌊',
  '*?[a-z]',
  '../../etc',
  "'; DROP TABLE x; --",
  'long'.repeat(500),
]

export const appendCases: Record<string, StoreCase> = {
  'an id that is not known is an empty conversation': {
    async run({ store, id }) {
      checkEqual(await store.load(id), { messages: [], version: null }, 'load')
    },
  },

  'messages come back as they were, in their order': {
    async run({ store, id }) {
      const version = await store.append(id, everything, null)
      await store.append(id, turnOf('more'), version)
      const { messages } = await store.load(id)
      checkEqual(messages, [...everything, ...turnOf('more')], 'the messages')
    },
  },

  'each change gives another version, which load tells too': {
    async run({ store, id }) {
      const versions: (string | null)[] = [null]
      for (const text of ['a', 'b', 'c']) {
        const version = await store.append(id, turnOf(text), versions.at(-1) ?? null)
        checkEqual((await store.load(id)).version, version, 'the version')
        versions.push(version)
      }
      await store.clear(id)
      versions.push((await store.load(id)).version)
      checkEqual(new Set(versions).size, versions.length, `different ones in ${show(versions)}`)
    },
  },

  'an append at another version rejects with conflict and changes nothing': {
    async run(context) {
      const { store, id } = context
      const stale = await store.append(id, turnOf('a'), null)
      const version = await store.append(id, turnOf('b'), stale)
      for (const wrong of [stale, null, 'another']) {
        const late = store.append(id, turnOf('late'), wrong)
        await checkRejects(context, late, 'conflict', `append at ${wrong}`)
      }
      const messages = [...turnOf('a'), ...turnOf('b')]
      checkEqual(await store.load(id), { messages, version }, 'load')
      const other = `${id} other`
      const unknown = store.append(other, turnOf('late'), stale)
      await checkRejects(context, unknown, 'conflict', 'append at a version of an unknown id')
      checkEqual(await store.load(other), { messages: [], version: null }, 'load')
    },
  },

  'of twenty appends at once with the same expected version exactly one wins': {
    async run({ store, id }) {
      let version: string | null = null
      let messages: Message[] = []
      for (const round of ['first', 'second']) {
        const expected: string | null = version
        const results: PromiseSettledResult<string>[] = await Promise.allSettled(
          Array.from({ length: 20 }, (_, index) =>
            store.append(id, turnOf(`${round} ${index}`), expected),
          ),
        )
        const won = results.flatMap((result, index) =>
          result.status === 'fulfilled' ? [{ index, version: result.value }] : [],
        )
        checkEqual(won.length, 1, `how many won in ${show(results)}`)
        for (const result of results) {
          if (result.status === 'fulfilled') continue
          checkEqual(
            (result.reason as { code?: string }).code,
            'conflict',
            'the code of the others',
          )
        }
        version = won[0]?.version ?? null
        messages = [...messages, ...turnOf(`${round} ${won[0]?.index}`)]
        checkEqual(await store.load(id), { messages, version }, 'load')
      }
    },
  },

  'whoever loads while others append never sees half of a turn': {
    async run({ store, id }) {
      const state = { writing: true }
      const write = async (): Promise<void> => {
        let version: string | null = null
        for (let turn = 0; turn < 30; turn++) {
          version = await store.append(id, turnOf(`${turn}`), version)
        }
      }
      const written = later(
        write().finally(() => {
          state.writing = false
        }),
      )
      do {
        const { messages } = await store.load(id)
        check(messages.length % 2 === 0, `${messages.length} messages is no number of whole turns`)
        await pause(0)
      } while (state.writing)
      await written
    },
  },

  'what was given and what was loaded can be changed without changing what is stored': {
    async run({ store, id }) {
      const given = turnOf('a')
      await store.append(id, given, null)
      const change = (messages: Message[]): void => {
        const [first] = messages
        if (first) Object.assign(first, { content: 'changed' })
        messages.pop()
      }
      change(given)
      change((await store.load(id)).messages)
      checkEqual((await store.load(id)).messages, turnOf('a'), 'the messages')
    },
  },

  'clear forgets the messages, and a turn that began before it cannot be appended': {
    async run(context) {
      const { store, id } = context
      const before = await store.append(id, turnOf('a'), null)
      await store.clear(id)
      const { messages, version } = await store.load(id)
      checkEqual(messages, [], 'the messages')
      await checkRejects(context, store.append(id, turnOf('late'), before), 'conflict', 'append')
      await store.append(id, turnOf('b'), version)
      checkEqual((await store.load(id)).messages, turnOf('b'), 'the messages')
    },
  },

  'clear in the middle of the first turn keeps that turn out': {
    async run(context) {
      const { store, id } = context
      const lock = await store.lock(id, { ttlMs: 10_000 })
      const { version } = await store.load(id)
      await store.clear(id)
      await checkRejects(context, store.append(id, turnOf('late'), version), 'conflict', 'append')
      await lock.release()
    },
  },

  'clear of an id that is not known is harmless': {
    async run({ store, id }) {
      await store.clear(id)
      checkEqual((await store.load(id)).messages, [], 'the messages')
    },
  },

  'ids are kept apart, unusual ones too': {
    async run({ store, id }) {
      const ids = [id, ...unusualIds.map((unusual) => `${unusual}${id}`)]
      // Unusual characters at the beginning and at the end of ids.
      ids.push(...unusualIds.map((unusual) => `${id}${unusual}`))
      for (const [index, each] of ids.entries()) {
        const lock = await store.lock(each, { ttlMs: 10_000, wait: false })
        await store.append(each, turnOf(`${index}`), null)
        await lock.release()
      }
      for (const [index, each] of ids.entries()) {
        checkEqual((await store.load(each)).messages, turnOf(`${index}`), `the messages of ${each}`)
      }
      for (const each of ids.slice(1)) await store.clear(each)
      checkEqual((await store.load(id)).messages, turnOf('0'), `the messages of ${id}`)
    },
  },

  'a conversation is gone after its time': {
    ttlMs: 200,
    async run({ store, id, ttlMs, deadlineMs }) {
      const storedAt = Date.now()
      await store.append(id, turnOf('a'), null)
      const gone = (async () => {
        while ((await store.load(id)).messages.length > 0) await pause(10)
      })()
      await soon(ttlMs + deadlineMs, 'the end of its time', gone)
      // Clocks with a resolution of milliseconds, in both processes.
      check(Date.now() - storedAt >= ttlMs - 2, `it was gone after ${Date.now() - storedAt} ms`)
      checkEqual(await store.load(id), { messages: [], version: null }, 'load')
      await store.append(id, turnOf('b'), null)
    },
  },

  'a conversation stays as long as a turn is running': {
    ttlMs: 600,
    async run({ store, id, ttlMs }) {
      await keepRenewing(ttlMs * 2, ttlMs, async (round) => {
        const own = `${id} ${round}`
        const lock = await store.lock(own, { ttlMs: 10_000 })
        const version = await store.append(own, turnOf('a'), null)
        const meanwhile = async (): Promise<void> => {
          checkEqual((await store.load(own)).version, version, 'the version')
        }
        return { lock, meanwhile }
      })
    },
  },
}
