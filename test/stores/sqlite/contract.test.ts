import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, test } from 'vitest'
import type { ConversationStore } from '../../../src/entries/conversation.js'
import { sqliteLog, sqliteStore } from '../../../src/entries/sqlite.js'
import { testLog, testStore } from '../../../src/entries/testing.js'
import { type HandleName, sqliteFile } from '../../support/sqlite.js'

/** Every call goes to the next of the stores, as if each call came from another process. */
function inTurn(...stores: readonly ConversationStore[]): ConversationStore {
  let calls = 0
  const next = (): ConversationStore => stores[calls++ % stores.length] as ConversationStore
  return {
    load: (id) => next().load(id),
    write: (id, change, version) => next().write(id, change, version),
    clear: (id) => next().clear(id),
    lock: (id, options) => next().lock(id, options),
    list: async (options) => (await next().list?.(options)) ?? { conversations: [] },
  }
}

const pairs: [HandleName, HandleName][] = [
  ['node:sqlite', 'node:sqlite'],
  ['node:sqlite', 'better-sqlite3'],
]

describe.each(['node:sqlite', 'better-sqlite3'] as const)('one handle of %s', (name) => {
  const file = sqliteFile()
  const database = file.open(name)
  afterAll(() => file.remove())
  testStore({ name, test: test.concurrent, store: (options) => sqliteStore(database, options) })
  testLog({ name, test: test.concurrent, log: (options) => sqliteLog(database, options) })
})

describe.each(pairs)('one file, by %s and by %s', (...names) => {
  const file = sqliteFile()
  const databases = names.map((name) => file.open(name))
  afterAll(() => file.remove())
  const [first, second] = databases as [(typeof databases)[0], (typeof databases)[0]]
  testStore({
    name: names.join(' and '),
    test: test.concurrent,
    store: (options) => inTurn(sqliteStore(first, options), sqliteStore(second, options)),
  })
  testLog({
    name: names.join(' and '),
    test: test.concurrent,
    log: (options) => sqliteLog(first, options),
    other: (options) => sqliteLog(second, options),
  })
})

describe('a database in memory', () => {
  const database = new DatabaseSync(':memory:')
  afterAll(() => database.close())
  testStore({
    name: 'memory',
    test: test.concurrent,
    store: (options) => sqliteStore(database, options),
  })
  testLog({ name: 'memory', test: test.concurrent, log: (options) => sqliteLog(database, options) })
})
