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

export const writeCases: Record<string, StoreCase> = {
  'loads an empty conversation for an unknown id': {
    async run({ store, id }) {
      checkEqual(await store.load(id), { messages: [], version: null }, 'load')
    },
  },

  'loads messages unchanged and in order': {
    async run({ store, id }) {
      const version = await store.write(id, { add: everything }, null)
      await store.write(id, { add: turnOf('more') }, version)
      const { messages } = await store.load(id)
      checkEqual(messages, [...everything, ...turnOf('more')], 'the messages')
    },
  },

  'returns a new version after each change, and load() returns it too': {
    async run({ store, id }) {
      const versions: (string | null)[] = [null]
      for (const text of ['a', 'b', 'c']) {
        const version = await store.write(id, { add: turnOf(text) }, versions.at(-1) ?? null)
        checkEqual((await store.load(id)).version, version, 'the version')
        versions.push(version)
      }
      await store.clear(id)
      versions.push((await store.load(id)).version)
      checkEqual(new Set(versions).size, versions.length, `different ones in ${show(versions)}`)
    },
  },

  'keeps as many messages as requested, and adds the new ones after them': {
    async run({ store, id }) {
      const all = [...turnOf('a'), ...turnOf('b'), ...turnOf('c')]
      let version = await store.write(id, { add: all }, null)
      let messages = all
      for (const [keep, add] of [
        [6, []],
        [7, []],
        [5, []],
        [4, turnOf('d')],
        [5, [...turnOf('e'), ...turnOf('f')]],
        [8, turnOf('g')],
        [1, [{ role: 'assistant' as const, content: 'h' }]],
        [0, turnOf('i')],
        [0, []],
        [0, turnOf('j')],
      ] as const) {
        version = await store.write(id, { keep, ...(add.length > 0 && { add }) }, version)
        messages = [...messages.slice(0, keep), ...add]
        const what = `load after keep: ${keep} and ${add.length} new messages`
        checkEqual(await store.load(id), { messages, version }, what)
      }
      const other = `${id} other`
      const first = await store.write(other, { keep: 0, add: turnOf('k') }, null)
      checkEqual(await store.load(other), { messages: turnOf('k'), version: first }, 'load')
    },
  },

  'rejects a write at another version with conflict, and changes nothing': {
    async run(context) {
      const { store, id } = context
      const stale = await store.write(id, { add: turnOf('a') }, null)
      const version = await store.write(id, { add: turnOf('b') }, stale)
      for (const wrong of [stale, null, 'another']) {
        const late = store.write(id, { add: turnOf('late') }, wrong)
        await checkRejects(context, late, 'conflict', `write at ${wrong}`)
      }
      const messages = [...turnOf('a'), ...turnOf('b')]
      checkEqual(await store.load(id), { messages, version }, 'load')
      const other = `${id} other`
      const unknown = store.write(other, { add: turnOf('late') }, stale)
      await checkRejects(context, unknown, 'conflict', 'write at a version of an unknown id')
      checkEqual(await store.load(other), { messages: [], version: null }, 'load')
    },
  },

  'accepts exactly one of twenty concurrent writes with the same expected version': {
    async run({ store, id }) {
      let version: string | null = null
      let messages: Message[] = []
      for (const round of ['first', 'second']) {
        const expected: string | null = version
        const results: PromiseSettledResult<string>[] = await Promise.allSettled(
          Array.from({ length: 20 }, (_, index) =>
            store.write(id, { add: turnOf(`${round} ${index}`) }, expected),
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

  'never loads half a turn during concurrent writes': {
    async run({ store, id }) {
      const state = { writing: true }
      const write = async (): Promise<void> => {
        let version: string | null = null
        for (let turn = 0; turn < 30; turn++) {
          version = await store.write(id, { add: turnOf(`${turn}`) }, version)
        }
      }
      const written = later(
        write().finally(() => {
          state.writing = false
        }),
      )
      do {
        const { messages } = await store.load(id)
        check(
          messages.length % 2 === 0,
          `${messages.length} messages are not a whole number of turns`,
        )
        await pause(0)
      } while (state.writing)
      await written
    },
  },

  'is not affected by later changes to added and loaded messages': {
    async run({ store, id }) {
      const given = turnOf('a')
      await store.write(id, { add: given }, null)
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

  'deletes the messages on clear(), and rejects the write of a turn that began before': {
    async run(context) {
      const { store, id } = context
      const before = await store.write(id, { add: turnOf('a') }, null)
      await store.clear(id)
      const { messages, version } = await store.load(id)
      checkEqual(messages, [], 'the messages')
      await checkRejects(
        context,
        store.write(id, { add: turnOf('late') }, before),
        'conflict',
        'write',
      )
      await store.write(id, { add: turnOf('b') }, version)
      checkEqual((await store.load(id)).messages, turnOf('b'), 'the messages')
    },
  },

  'rejects the write of a first turn after clear()': {
    async run(context) {
      const { store, id } = context
      const lock = await store.lock(id, { ttlMs: 10_000 })
      const { version } = await store.load(id)
      await store.clear(id)
      await checkRejects(
        context,
        store.write(id, { add: turnOf('late') }, version),
        'conflict',
        'write',
      )
      await lock.release()
    },
  },

  'accepts clear() of an unknown id': {
    async run({ store, id }) {
      await store.clear(id)
      checkEqual((await store.load(id)).messages, [], 'the messages')
    },
  },

  'keeps conversations with unusual ids apart': {
    async run({ store, id }) {
      const ids = [id, ...unusualIds.map((unusual) => `${unusual}${id}`)]
      // Unusual characters at the beginning and at the end of ids.
      ids.push(...unusualIds.map((unusual) => `${id}${unusual}`))
      for (const [index, each] of ids.entries()) {
        const lock = await store.lock(each, { ttlMs: 10_000, wait: false })
        await store.write(each, { add: turnOf(`${index}`) }, null)
        await lock.release()
      }
      for (const [index, each] of ids.entries()) {
        checkEqual((await store.load(each)).messages, turnOf(`${index}`), `the messages of ${each}`)
      }
      for (const each of ids.slice(1)) await store.clear(each)
      checkEqual((await store.load(id)).messages, turnOf('0'), `the messages of ${id}`)
    },
  },

  'deletes a conversation after its time to live': {
    ttlMs: 200,
    async run({ store, id, ttlMs, deadlineMs }) {
      const storedAt = Date.now()
      await store.write(id, { add: turnOf('a') }, null)
      const gone = (async () => {
        while ((await store.load(id)).messages.length > 0) await pause(10)
      })()
      await soon(ttlMs + deadlineMs, 'the deletion of the conversation', gone)
      // Clocks with a resolution of milliseconds, in both processes.
      check(Date.now() - storedAt >= ttlMs - 2, `it was gone after ${Date.now() - storedAt} ms`)
      checkEqual(await store.load(id), { messages: [], version: null }, 'load')
      await store.write(id, { add: turnOf('b') }, null)
    },
  },

  'keeps a conversation while a turn is running': {
    ttlMs: 600,
    async run({ store, id, ttlMs }) {
      await keepRenewing(ttlMs * 2, ttlMs, async (round) => {
        const own = `${id} ${round}`
        const lock = await store.lock(own, { ttlMs: 10_000 })
        const version = await store.write(own, { add: turnOf('a') }, null)
        const meanwhile = async (): Promise<void> => {
          checkEqual((await store.load(own)).version, version, 'the version')
        }
        return { lock, meanwhile }
      })
    },
  },
}
