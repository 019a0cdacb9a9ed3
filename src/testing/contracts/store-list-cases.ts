/**
 * The contract of a store: the list of conversations. Stores without `list` pass.
 *
 * @module
 */

import type { ConversationStore, ConversationSummary } from '../../conversation/store.js'
import { check } from './driver-checks.js'
import { checkEqual, pause, type StoreCase, turnOf } from './store-case.js'

/** Between two changes, whose order a clock must be able to tell. */
const betweenMs = 5

/** The conversations of one test, in the order of the list. A store may hold others. */
async function listOwn(
  { list }: { list: NonNullable<ConversationStore['list']> },
  id: string,
  limit?: number,
): Promise<ConversationSummary[]> {
  const own: ConversationSummary[] = []
  let before: string | undefined
  do {
    const page = await list({
      ...(limit !== undefined && { limit }),
      ...(before !== undefined && { before }),
    })
    const { length } = page.conversations
    check(length <= (limit ?? 50), `a page of ${limit ?? 50} has ${length} conversations`)
    check(length > 0 || page.next === undefined, 'an empty page has a next one')
    own.push(...page.conversations.filter((each) => each.id.startsWith(id)))
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
}
