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
      expect(failed).toEqual([ordered])
    }
  })

  test('testStore() detects a list that loses or repeats a conversation between pages', async () => {
    const loses = await failures(
      listing(async (list, options) => {
        const page = await list(options)
        return page.next === undefined ? page : { ...page, next: String(Number(page.next) - 1) }
      }),
    )
    expect(loses).toEqual([paged])
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
    expect(
      await failures(listing((list, { before }) => list(before === undefined ? {} : { before }))),
    ).toEqual([paged])
    const one = await failures(
      listing(async (list, options) => {
        const { conversations } = await list(options)
        return { conversations }
      }),
    )
    expect(one).toEqual([paged])
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
})
