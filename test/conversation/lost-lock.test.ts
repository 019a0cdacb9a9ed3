import { expect, test } from 'vitest'
import { type ConversationStore, memoryStore } from '../../src/entries/conversation.js'
import { StreamError } from '../../src/entries/index.js'
import { heldTurn } from '../support/held-turn.js'

/** A view of a store, with some functions replaced. */
function viewOf(
  store: ConversationStore,
  replaced: Partial<ConversationStore> = {},
): ConversationStore {
  return {
    load: (id) => store.load(id),
    write: (...change) => store.write(...change),
    clear: (id) => store.clear(id),
    lock: (id, options) => store.lock(id, options),
    ...replaced,
  }
}

test.each([
  ['is gone', new StreamError('conflict', 'Another holder has the lock.')],
  // Then only the version of the conversation tells the two apart.
  ['cannot be reached', new Error('The store does not answer.')],
])('a turn whose lock %s does not disturb the one that continues it', async (_, error) => {
  const shared = memoryStore()
  const slow = heldTurn({
    store: viewOf(shared, {
      // A process that was paused has renewed nothing, and its lock expires.
      async lock(id, options) {
        const lock = await shared.lock(id, { ...options, ttlMs: 50 })
        return { renew: () => Promise.reject(error), release: () => lock.release() }
      },
    }),
  })
  const stream = slow.conversation.send('Pay.', { key: 'k' })
  const ended = stream.final().catch(({ code }: StreamError) => code)
  await slow.reached
  const loaded = Promise.withResolvers<void>()
  const proceed = Promise.withResolvers<void>()
  const next = heldTurn({
    store: viewOf(shared, {
      async load(id) {
        const stored = await shared.load(id)
        loaded.resolve()
        await proceed.promise
        return stored
      },
    }),
  })
  next.release()
  const resumed = next.conversation.resume().text()
  await loaded.promise
  // Between the load and the first write of the other turn.
  stream.cancel()
  expect(['aborted', 'conflict']).toContain(await ended)
  proceed.resolve()
  expect(await resumed).toBe('Half whole.')
})
