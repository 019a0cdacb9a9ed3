import { describe, expect, test } from 'vitest'
import type {
  ConversationChange,
  ConversationStore,
  Draft,
} from '../../src/entries/conversation.js'
import { failures } from '../support/broken-stores.js'

const stored = 'stores a draft before the first message, replaces it as a whole, and deletes it'
const separate = 'keeps the draft when messages change, and the messages when the draft changes'
const whole = 'never loads half a change of messages and draft'
const kept = 'keeps as many messages as requested, and adds the new ones after them'
const fenced = 'rejects a draft at another version with conflict, and changes nothing'
const cleared = 'deletes the draft on clear(), and rejects the draft of a turn that began before'

/** A store that changes what it is asked to write. */
function writing(
  of: (change: ConversationChange) => ConversationChange,
): (store: ConversationStore) => Partial<ConversationStore> {
  return (store) => ({ write: (id, change, version) => store.write(id, of(change), version) })
}

/** A store that keeps its drafts in another place than its messages. */
function apart(
  change: (store: ConversationStore, drafts: Map<string, Draft>) => Partial<ConversationStore>,
): (store: ConversationStore) => Partial<ConversationStore> {
  return (store) => {
    const drafts = new Map<string, Draft>()
    return {
      async load(id) {
        const { messages, version } = await store.load(id)
        const draft = drafts.get(id)
        return { messages, version, ...(draft !== undefined && { draft: structuredClone(draft) }) }
      },
      async write(id, { draft, ...rest }, version) {
        const next = await store.write(id, rest, version)
        put(drafts, id, draft)
        return next
      },
      async clear(id) {
        await store.clear(id)
        drafts.delete(id)
      },
      ...change(store, drafts),
    }
  }
}

function put(drafts: Map<string, Draft>, id: string, draft: Draft | null | undefined): void {
  if (draft === null) drafts.delete(id)
  else if (draft !== undefined) drafts.set(id, structuredClone(draft))
}

/** A copy by assignment, which loses fields that are named `__proto__`. */
function careless(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(careless)
  const copy: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) copy[name] = careless(field)
  return copy
}

describe.concurrent('testStore()', () => {
  test('testStore() detects a store that ignores keep, or keeps one message too many or too few', async () => {
    expect(await failures(writing(({ keep: _keep, ...change }) => change))).toContain(kept)
    for (const shift of [-1, 1]) {
      const shifted = writing(({ keep, ...change }) => ({
        ...change,
        ...(keep !== undefined && { keep: Math.max(0, keep + shift) }),
      }))
      expect(await failures(shifted)).toContain(kept)
    }
  })

  test('testStore() detects a store that adds messages before it deletes others', async () => {
    const failed = await failures((store) => ({
      async write(id, { keep, add = [], ...change }, version) {
        const { messages } = await store.load(id)
        const all = [...messages, ...add].slice(0, keep)
        return store.write(id, { ...change, keep: 0, add: all }, version)
      },
    }))
    expect(failed).toContain(kept)
  })

  test('testStore() detects a store that loses the draft when messages change', async () => {
    const failed = await failures(writing((change) => ({ draft: null, ...change })))
    expect(failed).toContain(separate)
  })

  test('testStore() detects a store that does not delete drafts', async () => {
    const failed = await failures(
      writing(({ draft, ...change }) => ({ ...change, ...(draft != null && { draft }) })),
    )
    expect(failed).toEqual([stored, separate, whole])
  })

  test('testStore() detects a store that merges drafts', async () => {
    const failed = await failures((store) => ({
      async write(id, { draft, ...change }, version) {
        const earlier = (await store.load(id)).draft
        const merged = draft && { ...earlier, ...draft }
        return store.write(
          id,
          { ...change, ...(draft !== undefined && { draft: merged ?? null }) },
          version,
        )
      },
    }))
    expect(failed).toContain(stored)
  })

  test('testStore() detects a store that returns null for no draft', async () => {
    const failed = await failures((store) => ({
      load: async (id) => ({ draft: null as never, ...(await store.load(id)) }),
    }))
    expect(failed).toContain(stored)
  })

  test('testStore() detects a store that does not fence drafts', async () => {
    const failed = await failures(
      apart((store, drafts) => ({
        async write(id, { draft, ...change }, version) {
          put(drafts, id, draft)
          return store.write(id, change, version)
        },
      })),
    )
    expect(failed).toContain(fenced)
  })

  test('testStore() detects a store whose drafts do not change the version', async () => {
    const failed = await failures(
      apart((store, drafts) => ({
        async write(id, { draft, ...change }, version) {
          put(drafts, id, draft)
          const now = (await store.load(id)).version
          if (Object.keys(change).length > 0 || now === null || now !== version) {
            return store.write(id, change, version)
          }
          return now
        },
      })),
    )
    expect(failed).toContain('returns a new version after each draft, and after an empty change')
    expect(failed).toContain(
      'accepts exactly one of twenty concurrent drafts with the same expected version',
    )
  })

  test('testStore() detects a store that writes messages and the draft in two steps', async () => {
    for (const isDraftFirst of [true, false]) {
      const failed = await failures((store) => ({
        async write(id, { draft, ...change }, version) {
          const steps =
            draft === undefined
              ? [change]
              : isDraftFirst
                ? [{ draft }, change]
                : [change, { draft }]
          let next = version
          for (const step of steps) {
            next = await store.write(id, step, next)
            await new Promise((resolve) => setTimeout(resolve))
          }
          return next ?? ''
        },
      }))
      expect(failed).toContain(whole)
    }
  })

  test('testStore() detects a store that deletes and adds messages in two steps', async () => {
    const failed = await failures((store) => ({
      async write(id, { keep, ...change }, version) {
        if (keep === undefined) return store.write(id, change, version)
        const next = await store.write(id, { keep }, version)
        await new Promise((resolve) => setTimeout(resolve))
        return store.write(id, change, next)
      },
    }))
    expect(failed).toContain(whole)
  })

  test('testStore() detects a store that shares its drafts with its callers', async () => {
    const given = await failures(
      apart((store, drafts) => ({
        async write(id, { draft, ...change }, version) {
          const next = await store.write(id, change, version)
          if (draft) drafts.set(id, draft)
          else put(drafts, id, draft)
          return next
        },
      })),
    )
    // Drafts that are kept apart also outlive their conversation.
    expect(given).toContain('is not affected by later changes to given and loaded drafts')
    const loaded = await failures(
      apart((store, drafts) => ({
        async load(id) {
          const { messages, version } = await store.load(id)
          const draft = drafts.get(id)
          return { messages, version, ...(draft !== undefined && { draft }) }
        },
      })),
    )
    expect(loaded).toContain('is not affected by later changes to given and loaded drafts')
  })

  test('testStore() detects a store whose clear() leaves the draft, or ignores one without messages', async () => {
    const leaves = await failures(apart((store) => ({ clear: (id) => store.clear(id) })))
    expect(leaves).toContain(cleared)
    const ignores = await failures((store) => ({
      async clear(id) {
        const { messages, draft } = await store.load(id)
        if (messages.length > 0 || draft === undefined) await store.clear(id)
      },
    }))
    expect(ignores).toEqual([cleared])
  })

  test('testStore() detects a store that loses fields with unusual names', async () => {
    const failed = await failures(
      writing(({ draft, ...change }) => ({
        ...change,
        ...(draft !== undefined && { draft: careless(draft) as Draft | null }),
      })),
    )
    expect(failed).toEqual(['returns drafts unchanged, whatever the names of their fields'])
  })

  test('testStore() detects a store that cuts large drafts', async () => {
    const cuts = await failures((store) => ({
      write(id, change, version) {
        const { draft } = change
        const isLarge = JSON.stringify(draft ?? null).length > 300_000
        return store.write(id, isLarge ? { ...change, draft: { cut: true } } : change, version)
      },
    }))
    expect(cuts).toEqual(['stores large drafts'])
  })

  test('testStore() detects a store that confuses the drafts of different conversations', async () => {
    const failed = await failures((store) => {
      const drafts: { last?: Draft } = {}
      return {
        async load(id) {
          const { messages, version } = await store.load(id)
          return { messages, version, ...drafts }
        },
        async write(id, { draft, ...change }, version) {
          const next = await store.write(id, change, version)
          if (draft === null) delete drafts.last
          else if (draft !== undefined) drafts.last = draft
          return next
        },
      }
    })
    expect(failed).toContain('keeps the drafts of different conversations apart')
  })

  test('testStore() detects a store whose drafts outlive their conversation, or end before it', async () => {
    const outlive = await failures(apart(() => ({})))
    expect(outlive).toEqual(['deletes a draft together with its conversation'])
    const end = await failures((store, { ttlMs }) =>
      apart((_, drafts) => ({
        async write(id, { draft, ...change }, version) {
          const next = await store.write(id, change, version)
          put(drafts, id, draft)
          if (draft) setTimeout(() => drafts.delete(id), ttlMs).unref()
          return next
        },
      }))(store),
    )
    expect(end).toContain('keeps a draft while a turn is running')
  })
})
