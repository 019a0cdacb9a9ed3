/**
 * The contract of a store: the list of conversations. Stores without `list` pass.
 *
 * @module
 */

import type { ConversationStore, ConversationSummary } from '../../conversation/store.js'
import { check, show } from './driver-checks.js'
import { checkEqual, pause, type StoreCase, turnOf } from './store-case.js'

/** Between two changes, whose order a clock must be able to tell. */
const betweenMs = 5

/** Texts that a pattern, a query or an encoding could take for something else. */
const unusualTexts: readonly string[] = [
  '/a%b',
  '/a_b',
  '/a*b',
  '/a[b]',
  '/a?b',
  '/a\\b',
  "/'a'",
  '/a b\n',
  '/{a}',
  '/é',
  '/\u{1f600}',
  '/\ud7ff',
  '/\u{10ffff}',
]

/** The conversations of one test, in the order of the list. A store may hold others. */
async function listOwn(
  { list }: { list: NonNullable<ConversationStore['list']> },
  id: string,
  limit?: number,
  prefix?: string,
): Promise<ConversationSummary[]> {
  const own: ConversationSummary[] = []
  let before: string | undefined
  do {
    const page = await list({
      ...(limit !== undefined && { limit }),
      ...(prefix !== undefined && { prefix }),
      ...(before !== undefined && { before }),
    })
    const { length } = page.conversations
    check(length <= (limit ?? 50), `a page of ${limit ?? 50} has ${length} conversations`)
    check(length > 0 || page.next === undefined, 'an empty page has a next one')
    for (const each of page.conversations) {
      const isRight = prefix === undefined || each.id.startsWith(prefix)
      check(isRight, `the list with the prefix ${show(prefix)} has ${show(each.id)}`)
      if (each.id.startsWith(id)) own.push(each)
    }
    before = page.next
  } while (before !== undefined)
  return own
}

function listOf(store: ConversationStore): { list: NonNullable<ConversationStore['list']> } | null {
  return store.list === undefined ? null : { list: store.list.bind(store) }
}

export const listCases: Record<string, StoreCase> = {
  'lists conversations with their times, the last changed one first (if it has a list)': {
    async run({ store, id }) {
      const listing = listOf(store)
      if (listing === null) return
      const startedAt = Date.now()
      const first = await store.write(`${id} a`, { add: turnOf('a') }, null)
      await pause(betweenMs)
      const second = await store.write(`${id} b`, { add: turnOf('b') }, null)
      await pause(betweenMs)
      await store.write(`${id} c`, { draft: { step: 1 } }, null)
      await pause(betweenMs)
      await store.write(`${id} a`, { draft: { step: 1 } }, first)
      const names = async (): Promise<unknown> =>
        (await listOwn(listing, id)).map((each) => [each.id.slice(-1), each.messageCount])
      checkEqual(
        await names(),
        [
          ['a', 2],
          ['c', 0],
          ['b', 2],
        ],
        'the list',
      )
      await pause(betweenMs)
      await store.write(`${id} b`, { keep: 1 }, second)
      checkEqual(
        await names(),
        [
          ['b', 1],
          ['a', 2],
          ['c', 0],
        ],
        'the list after a change',
      )
      // The clock of a server may differ from that of this process.
      for (const { updatedAt } of await listOwn(listing, id)) {
        const isNear = Math.abs(updatedAt - startedAt) < 3_600_000
        check(isNear, `updatedAt is ${updatedAt}, but it was changed at ${startedAt}`)
      }
    },
  },

  'lists each conversation once, whatever the length of a page (if it has a list)': {
    async run({ store, id }) {
      const listing = listOf(store)
      if (listing === null) return
      const ids = Array.from({ length: 7 }, (_, index) => `${id} ${index}`)
      // Some of them at the same time
      await Promise.all(ids.map((each) => store.write(each, { add: turnOf(each) }, null)))
      for (const limit of [1, 2, 3, 7, 50]) {
        const own = await listOwn(listing, id, limit)
        checkEqual(own.map((each) => each.id).toSorted(), ids, `the list in pages of ${limit}`)
      }
    },
  },

  'lists no conversation without messages and draft (if it has a list)': {
    async run({ store, id }) {
      const listing = listOf(store)
      if (listing === null) return
      const lock = await store.lock(`${id} a`, { ttlMs: 10_000 })
      await store.load(`${id} a`)
      await store.clear(`${id} a`)
      await store.write(`${id} b`, { add: turnOf('b'), draft: { step: 1 } }, null)
      await store.clear(`${id} b`)
      const version = await store.write(`${id} c`, { draft: { step: 1 } }, null)
      await store.write(`${id} c`, { draft: null }, version)
      checkEqual(await listOwn(listing, id), [], 'the list')
      await lock.release()
    },
  },

  'lists no conversation after its time to live (if it has a list)': {
    ttlMs: 100,
    async run({ store, id, ttlMs, deadlineMs }) {
      const listing = listOf(store)
      if (listing === null) return
      await store.write(id, { add: turnOf('a') }, null)
      const endsAt = Date.now() + ttlMs + deadlineMs
      while ((await listOwn(listing, id)).length > 0) {
        check(Date.now() < endsAt, `it was still listed after ${ttlMs + deadlineMs} ms`)
        await pause(10)
      }
    },
  },

  'lists the titles, which stay until the next one or a clear (if it has a list)': {
    async run({ store, id }) {
      const listing = listOf(store)
      if (listing === null) return
      const titles = async (): Promise<unknown> =>
        (await listOwn(listing, id)).map((each) => [each.id.slice(-1), each.title, 'title' in each])
      await store.write(`${id} b`, { add: turnOf('b') }, null)
      await pause(betweenMs)
      let version = await store.write(`${id} a`, { draft: { step: 1 }, title: 'First' }, null)
      const one = ['b', undefined, false]
      checkEqual(await titles(), [['a', 'First', true], one], 'the titles')
      version = await store.write(`${id} a`, { add: turnOf('a'), draft: null }, version)
      version = await store.write(`${id} a`, { keep: 1 }, version)
      checkEqual(await titles(), [['a', 'First', true], one], 'the titles after other changes')
      for (const title of unusualTexts) {
        version = await store.write(`${id} a`, { title }, version)
        checkEqual(await titles(), [['a', title, true], one], 'the titles after a new one')
      }
      const earlier = store.write(`${id} a`, { title: 'Refused' }, 'another version')
      await earlier.catch(() => {})
      checkEqual(
        await titles(),
        [['a', unusualTexts.at(-1), true], one],
        'the titles after a refused write',
      )
      const { messages, title: loaded } = await store.load(`${id} a`)
      checkEqual(messages, turnOf('a').slice(0, 1), 'the messages after all titles')
      checkEqual(loaded, unusualTexts.at(-1), 'the title of a loaded conversation')
      await store.clear(`${id} a`)
      const cleared = await store.load(`${id} a`)
      checkEqual('title' in cleared, false, 'whether a cleared conversation has a title')
      version = cleared.version ?? ''
      await store.write(`${id} a`, { add: turnOf('c') }, version || null)
      checkEqual(await titles(), [['a', undefined, false], one], 'the titles after a clear')
    },
  },

  'lists no conversation that has a title only (if it has a list)': {
    async run({ store, id }) {
      const listing = listOf(store)
      if (listing === null) return
      const version = await store.write(id, { title: 'Nothing' }, null)
      checkEqual(await listOwn(listing, id), [], 'the list')
      await store.write(id, { add: turnOf('a') }, version)
      checkEqual(
        (await listOwn(listing, id)).map(({ title }) => title),
        ['Nothing'],
        'the titles',
      )
    },
  },

  'lists exactly the conversations whose id begins with the prefix (if it has a list)': {
    async run({ store, id }) {
      const listing = listOf(store)
      if (listing === null) return
      const prefixes = unusualTexts.map((text) => `${id}${text}`)
      // What a pattern, a comparison without case, or a range by another order would add
      const others = ['/', '/aXb', '/A', '/\u{10ffff}', '/\uffff', '/\u{1f642}', '']
      const ids = new Set([
        ...prefixes.flatMap((prefix) => [prefix, `${prefix}1`, `${prefix}\u{10ffff}`]),
        ...others.map((other) => `${id}${other}`),
      ])
      for (const each of ids) await store.write(each, { add: turnOf('a') }, null)
      const expected = (prefix: string): string[] =>
        [...ids].filter((each) => each.startsWith(prefix)).toSorted()
      for (const prefix of [...prefixes, id, `${id}/`, `${id}/nobody`]) {
        for (const limit of prefix === id ? [2, 50] : [50]) {
          const own = await listOwn(listing, id, limit, prefix)
          const what = `the list of ${show(prefix)} in pages of ${limit}`
          checkEqual(own.map((each) => each.id).toSorted(), expected(prefix), what)
        }
      }
      const whole = await listOwn(listing, id, 50, '')
      checkEqual(whole.length, expected(id).length, 'the number with an empty prefix')
    },
  },

  'lists the conversations with a prefix by their last change, whatever the length of a page (if it has a list)':
    {
      async run({ store, id }) {
        const listing = listOf(store)
        if (listing === null) return
        const versions = new Map<string, string>()
        for (const name of ['a/1', 'b/1', 'a/3', 'a/2', 'b/2', 'a/4']) {
          versions.set(name, await store.write(`${id} ${name}`, { add: turnOf(name) }, null))
          await pause(betweenMs)
        }
        await store.write(`${id} a/3`, { draft: { step: 1 } }, versions.get('a/3') ?? null)
        for (const limit of [1, 2, 4, 50]) {
          const own = await listOwn(listing, id, limit, `${id} a/`)
          const names = own.map((each) => each.id.slice(-3))
          checkEqual(names, ['a/3', 'a/4', 'a/2', 'a/1'], `the list in pages of ${limit}`)
        }
      },
    },
}
