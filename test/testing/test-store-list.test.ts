import { describe, expect, test } from 'vitest'
import type {
  ConversationPage,
  ConversationStore,
  ListOptions,
} from '../../src/entries/conversation.js'
import { failures } from '../support/broken-stores.js'

const ordered =
  'lists conversations with their times, the last changed one first (if it has a list)'
const paged = 'lists each conversation once, whatever the length of a page (if it has a list)'
const full = 'lists no conversation without messages and draft (if it has a list)'
const living = 'lists no conversation after its time to live (if it has a list)'
const titled = 'lists the titles, which stay until the next one or a clear (if it has a list)'
const onlyTitle = 'lists no conversation that has a title only (if it has a list)'
const prefixed =
  'lists exactly the conversations whose id begins with the prefix (if it has a list)'
const prefixOrdered =
  'lists the conversations with a prefix by their last change, whatever the length of a page (if it has a list)'

/** A store whose list has one fault. */
function listing(
  of: (
    list: (options?: ListOptions) => Promise<ConversationPage>,
    options: ListOptions,
  ) => Promise<ConversationPage>,
): (store: ConversationStore) => Partial<ConversationStore> {
  return (store) => {
    const list = async (options?: ListOptions): Promise<ConversationPage> =>
      (await store.list?.(options)) ?? { conversations: [] }
    return { list: (options = {}) => of(list, options) }
  }
}

describe.concurrent('testStore()', () => {
  test('testStore() passes a store with a list that keeps its contract', async () => {
    expect(await failures(listing((list, options) => list(options)))).toEqual([])
  })

  test('testStore() detects a list in the wrong order, or with wrong counts or times', async () => {
    for (const change of [
      (page: ConversationPage) => page.conversations.toReversed(),
      ({ conversations }: ConversationPage) =>
        conversations.map((each) => ({ ...each, messageCount: each.messageCount + 1 })),
      ({ conversations }: ConversationPage) =>
        conversations.map((each) => ({ ...each, updatedAt: performance.now() })),
    ]) {
      const failed = await failures(
        listing(async (list, options) => {
          const page = await list(options)
          return { ...page, conversations: change(page) }
        }),
      )
      expect(failed).toContain(ordered)
    }
  })

  test('testStore() detects a list that loses or repeats a conversation between pages', async () => {
    const loses = await failures(
      listing(async (list, options) => {
        const page = await list(options)
        return page.next === undefined ? page : { ...page, next: String(Number(page.next) - 1) }
      }),
    )
    expect(loses).toContain(paged)
    const repeats = await failures(
      listing(async (list, options) => {
        const page = await list(options)
        const { length } = page.conversations
        if (page.next === undefined || length < 2) return page
        return { ...page, next: String(Number(page.next) + 1) }
      }),
    )
    expect(repeats).toContain(paged)
  })

  test('testStore() detects a list that ignores its limit, or has one page only', async () => {
    const unlimited = await failures(
      listing((list, { limit: _limit, ...options }) => list(options)),
    )
    expect(unlimited).toContain(paged)
    const one = await failures(
      listing(async (list, options) => {
        const { conversations } = await list(options)
        return { conversations }
      }),
    )
    expect(one).toContain(paged)
  })

  test('testStore() detects a list with cleared or expired conversations', async () => {
    const failed = await failures((store) => {
      const ids = new Map<string, number>()
      return {
        write(id, change, version) {
          ids.set(id, Date.now())
          return store.write(id, change, version)
        },
        list: () =>
          Promise.resolve({
            conversations: [...ids].map(([id, updatedAt]) => ({ id, updatedAt, messageCount: 2 })),
          }),
      }
    })
    expect(failed).toEqual(expect.arrayContaining([full, living]))
  })

  test('testStore() detects a store that loses, mixes up, or keeps titles for too long', async () => {
    const never = await failures(
      listing(async (list, options) => {
        const page = await list(options)
        return {
          ...page,
          conversations: page.conversations.map(({ title: _title, ...rest }) => rest),
        }
      }),
    )
    expect(never).toEqual(expect.arrayContaining([titled, onlyTitle]))
    // Each of them with `list` as it is
    const list = listing((inner, options) => inner(options))
    const changes: ((store: ConversationStore) => ConversationStore['write'])[] = [
      // A change without a title deletes it.
      (store) => (id, change, version) => {
        const title = change.title ?? ''
        return store.write(id, { ...change, title }, version)
      },
      // The first title stays.
      (store) => {
        const known = new Set<string>()
        return (id, { title, ...change }, version) => {
          const isFirst = title !== undefined && !known.has(id)
          if (isFirst) known.add(id)
          return store.write(id, { ...change, ...(isFirst && { title }) }, version)
        }
      },
      // A refused change has changed the title.
      (store) => async (id, change, version) => {
        const { version: current } = await store.load(id)
        if (change.title !== undefined && version !== current) {
          await store.write(id, { title: change.title }, current)
        }
        return store.write(id, change, version)
      },
      // Titles are trimmed.
      (store) => (id, change, version) => {
        const { title } = change
        const trimmed = title === undefined ? change : { ...change, title: title.trim() }
        return store.write(id, trimmed, version)
      },
    ]
    for (const change of changes) {
      const broken = (store: ConversationStore) => ({ ...list(store), write: change(store) })
      expect(await failures(broken, [titled]), String(change)).toEqual([titled])
    }
    const survives = await failures((store) => ({
      ...list(store),
      async clear(id) {
        const { version } = await store.load(id)
        if (version !== null) await store.write(id, { keep: 0, draft: null }, version)
        else await store.clear(id)
      },
    }))
    expect(survives).toContain(titled)
  })

  test('testStore() detects a list with conversations that have a title only', async () => {
    const failed = await failures((store) => {
      const titles = new Map<string, string>()
      return {
        async write(id, change, version) {
          const next = await store.write(id, change, version)
          if (change.title !== undefined) titles.set(id, change.title)
          return next
        },
        async list(options) {
          const page = (await store.list?.(options)) ?? { conversations: [] }
          const listed = new Set(page.conversations.map(({ id }) => id))
          const others = [...titles].filter(([id]) => !listed.has(id))
          const more = others.map(([id, title]) => ({ id, title, updatedAt: 0, messageCount: 0 }))
          return { ...page, conversations: [...page.conversations, ...more] }
        },
      }
    })
    expect(failed).toContain(onlyTitle)
  })

  test('testStore() detects a list whose prefix is a pattern, or is compared in another way', async () => {
    const patterns: ((prefix: string) => (id: string) => boolean)[] = [
      () => () => true,
      (prefix) => (id) => id.includes(prefix.slice(1)),
      (prefix) => (id) => id.toLowerCase().startsWith(prefix.toLowerCase()),
      (prefix) => like(prefix, { '%': '[^]*', _: '[^]' }),
      (prefix) => like(prefix, { '*': '[^]*', '?': '[^]' }),
      (prefix) => (id) => id.startsWith(prefix) && id !== prefix,
      // Ranges whose end is in another order, or too early
      (prefix) => (id) => id >= prefix && id < `${prefix}\uffff`,
      (prefix) => (id) => id >= prefix && id <= `${prefix}~`,
      (prefix) => (id) => encodeURIComponent(id).startsWith(prefix),
    ]
    for (const pattern of patterns) {
      const failed = await failures(
        listing(async (list, { prefix = '', ...options }) => {
          if (prefix === '') return list(options)
          const { conversations } = await list({ limit: 1_000_000 })
          const isIn = pattern(prefix)
          return { conversations: conversations.filter(({ id }) => isIn(id)).slice(0, 50) }
        }),
        [prefixed],
      )
      expect(failed, String(pattern)).toContain(prefixed)
    }
  })

  test('testStore() detects a list with a prefix in the wrong order, or without its next page', async () => {
    const byId = await failures(
      listing(async (list, options) => {
        if (options.prefix === undefined) return list(options)
        const { conversations } = await list({ ...options, limit: 1_000_000 })
        const sorted = conversations.toSorted((one, other) => (one.id < other.id ? -1 : 1))
        return { conversations: sorted }
      }),
    )
    expect(byId).toContain(prefixOrdered)
    const filtered = await failures(
      listing(async (list, { prefix = '', ...options }) => {
        const page = await list(options)
        const conversations = page.conversations.filter(({ id }) => id.startsWith(prefix))
        return prefix === '' ? page : { conversations }
      }),
    )
    expect(filtered).toContain(prefixOrdered)
  })
})

/** Takes the prefix for a pattern. */
function like(prefix: string, wild: Record<string, string>): (id: string) => boolean {
  const source = Array.from(
    prefix,
    (each) => wild[each] ?? each.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
  )
  const pattern = new RegExp(`^${source.join('')}`, 'u')
  return (id) => pattern.test(id)
}
