/**
 * Twice as many turns, drafts or events in one conversation or stream take at most about twice the CPU.
 */

import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { type ConversationStore, memoryStore } from '../../src/entries/conversation.js'
import { memoryLog, type StreamLog } from '../../src/entries/resumable.js'
import { sqliteLog, sqliteStore } from '../../src/entries/sqlite.js'
import { growth } from '../support/growth.js'

const database = (): DatabaseSync => new DatabaseSync(':memory:')

const stores: Record<string, () => ConversationStore> = {
  memory: memoryStore,
  SQLite: () => sqliteStore(database()),
}

const logs: Record<string, () => StreamLog> = {
  memory: () => memoryLog(),
  SQLite: () => sqliteLog(database()),
}

describe.each(Object.entries(stores))('a conversation in %s', (_name, create) => {
  test('twice as many turns cost at most about twice as much', async () => {
    const ratio = await growth(4_000, (count) => async () => {
      const store = create()
      let version: string | null = null
      for (let turn = 0; turn < count; turn++) {
        const add = [{ role: 'user' as const, content: `question ${turn}` }]
        version = await store.write('a', { add }, version)
      }
    })
    expect(ratio).toBeLessThan(2.8)
  })

  test('a draft costs the same in a conversation that is twice as long', async () => {
    const ratio = await growth(20_000, (count) => {
      const store = create()
      const add = Array.from({ length: count }, (_, turn) => ({
        role: 'user' as const,
        content: `question ${turn}`,
      }))
      let version: string | null = null
      return async () => {
        version ??= await store.write('a', { add }, null)
        for (let step = 0; step < 3_000; step++) {
          version = await store.write('a', { draft: { step } }, version)
        }
      }
    })
    expect(ratio).toBeLessThan(2)
  })
})

describe.each(Object.entries(logs))('a stream in %s', (_name, create) => {
  test('twice as many events cost at most about twice as much', async () => {
    const lease = { fence: 'a', leaseMs: 60_000 }
    const ratio = await growth(5_000, (count) => async () => {
      const log = create()
      const leave = await log.subscribe('s', { appended() {}, missed() {} })
      await log.create('s', lease)
      for (let first = 1; first <= count; first++) {
        await log.append('s', lease, { first, events: ['{}'], ended: false })
      }
      leave()
    })
    expect(ratio).toBeLessThan(2.8)
  })
})
