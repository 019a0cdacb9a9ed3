import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Message } from '../../../src/entries/index.js'
import { createResumable } from '../../../src/entries/resumable.js'
import { type SqliteDatabase, sqliteLog, sqliteStore } from '../../../src/entries/sqlite.js'
import { checkProperty } from '../../resumable/property.js'
import { type SqliteFile, sqliteFile } from '../../support/sqlite.js'

let file: SqliteFile
beforeEach(() => {
  file = sqliteFile()
})
afterEach(() => file.remove())

const turn: Message[] = [{ role: 'user', content: 'Hello' }]
const lease = { fence: 'a', leaseMs: 60_000 }
const batch = { first: 1, events: ['{}'], ended: false }

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

function countOf(database: SqliteDatabase, table: string): unknown {
  return (database.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number })
    .count
}

describe('options', () => {
  test.each([
    [{ ttlMs: 0 }, ['"ttlMs"', '0']],
    [{ busyTimeoutMs: -1 }, ['"busyTimeoutMs"', '-1']],
    [{ ttl: 5 }, ['"ttl"', 'ttlMs']],
    [5, ['"options"', '5']],
  ])('sqliteStore() and sqliteLog() reject the options %j', (options, words) => {
    for (const create of [sqliteStore, sqliteLog]) {
      const run = () => create(file.open(), options as object)
      expect(run).toThrow(TypeError)
      for (const word of words) expect(run).toThrow(word)
    }
  })

  test.each([[undefined], ['chat.db'], [{}], [{ exec() {} }]])(
    'sqliteStore() and sqliteLog() throw a TypeError for the handle %j',
    (handle) => {
      for (const create of [sqliteStore, sqliteLog]) {
        expect(() => create(handle as never)).toThrow(/new DatabaseSync\(\) of "node:sqlite"/)
      }
    },
  )
})

describe('a busy file', () => {
  test('a call waits for the transaction of another connection, without blocking the process', async () => {
    const store = sqliteStore(file.open())
    const version = await store.write('a', { add: turn }, null)
    const other = file.open()
    other.exec('BEGIN IMMEDIATE')
    let longestMs = 0
    let tickedAt = performance.now()
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - tickedAt)
      tickedAt = performance.now()
    }, 5)
    const written = store.write('a', { draft: { step: 1 } }, version)
    // Readers do not wait.
    expect((await store.load('a')).messages).toEqual(turn)
    await pause(600)
    other.exec('COMMIT')
    await written
    clearInterval(timer)
    expect((await store.load('a')).draft).toEqual({ step: 1 })
    expect(longestMs).toBeLessThan(300)
  })

  test('a call fails with store after busyTimeoutMs, and has changed nothing', async () => {
    const handle = file.open()
    const store = sqliteStore(handle, { busyTimeoutMs: 200 })
    const log = sqliteLog(handle, { busyTimeoutMs: 200 })
    const version = await store.write('a', { add: turn }, null)
    await log.create('s', lease)
    const other = file.open()
    other.exec('BEGIN IMMEDIATE')
    const calls = [
      store.write('a', { keep: 0 }, version),
      store.lock('a', { ttlMs: 50 }),
      log.append('s', lease, batch),
    ]
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'store' } })
      expect(String((call as PromiseRejectedResult).reason)).toContain('database is locked')
    }
    other.exec('COMMIT')
    expect(await store.load('a')).toEqual({ messages: turn, version })
    expect(await log.append('s', lease, batch)).toBe('held')
  })

  test('a transaction that the caller left open on the handle is an error with code store', async () => {
    const handle = file.open()
    const store = sqliteStore(handle)
    const version = await store.write('a', { add: turn }, null)
    handle.exec('BEGIN')
    const calls = [
      store.write('a', { keep: 0 }, version),
      store.load('a'),
      store.lock('a', { ttlMs: 50 }),
    ]
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'store' } })
      expect(String((call as PromiseRejectedResult).reason)).toContain(
        'End a transaction of your own',
      )
    }
    // It is still open.
    handle.exec('COMMIT')
    expect(await store.load('a')).toEqual({ messages: turn, version })
  })
})

test('a full disk is an error with code store, and the earlier state is whole', async () => {
  const handle = file.open()
  const store = sqliteStore(handle)
  const log = sqliteLog(handle)
  const version = await store.write('a', { add: turn, draft: { step: 1 } }, null)
  await log.create('s', lease)
  await log.append('s', lease, batch)
  const { page_count: pages } = handle.prepare('PRAGMA page_count').get() as { page_count: number }
  handle.exec(`PRAGMA max_page_count = ${pages}`)
  const large = 'x'.repeat(1_000_000)
  const full = { code: 'store', message: expect.stringContaining('full') }
  const add: Message[] = [{ role: 'user', content: large }]
  await expect(store.write('a', { keep: 0, add, draft: null }, version)).rejects.toMatchObject(full)
  await expect(store.write('a', { draft: { large } }, version)).rejects.toMatchObject(full)
  const events = [JSON.stringify(large)]
  const next = { first: 2, events, ended: true }
  await expect(log.append('s', lease, next)).rejects.toMatchObject(full)
  expect(await store.load('a')).toEqual({ messages: turn, version, draft: { step: 1 } })
  expect(await log.read('s', 0)).toMatchObject({ events: ['{}'], last: 1, ended: false })
  handle.exec('PRAGMA max_page_count = 100000')
  expect(await log.append('s', lease, next)).toBe('held')
  await store.write('a', { add }, version)
})

test('a closed handle is an error with code store', async () => {
  const handle = new DatabaseSync(file.path)
  const store = sqliteStore(handle)
  await store.write('a', { add: turn }, null)
  handle.close()
  await expect(store.load('a')).rejects.toMatchObject({ code: 'store' })
  await expect(store.write('a', {}, null)).rejects.toMatchObject({ code: 'store' })
})

test('conversations outlive their process, and have no limit by default', async () => {
  const version = await sqliteStore(file.open()).write('a', { add: turn, draft: { step: 1 } }, null)
  const handle = file.open()
  const again = sqliteStore(handle)
  expect(await again.load('a')).toEqual({ messages: turn, version, draft: { step: 1 } })
  const row = handle.prepare('SELECT expires FROM sluice_conversations').get()
  expect(row).toEqual({ expires: null })
})

test('expired conversations, their messages and drafts are deleted from the file', async () => {
  const handle = file.open()
  const store = sqliteStore(handle, { ttlMs: 50 })
  for (const id of ['a', 'b', 'c']) await store.write(id, { add: turn, draft: { id } }, null)
  await pause(100)
  await store.write('d', { add: turn }, null)
  expect(countOf(handle, 'sluice_conversations')).toBe(1)
  expect(countOf(handle, 'sluice_messages')).toBe(1)
  expect(countOf(handle, 'sluice_drafts')).toBe(0)
})

test('expired streams and their events are deleted from the file', async () => {
  const handle = file.open()
  const log = sqliteLog(handle, { ttlMs: 50 })
  for (const id of ['a', 'b', 'c']) {
    await log.create(id, lease)
    await log.append(id, lease, { ...batch, ended: true })
  }
  await pause(100)
  await log.create('d', lease)
  expect(countOf(handle, 'sluice_streams')).toBe(1)
  expect(countOf(handle, 'sluice_entries')).toBe(0)
})

test('what is left of a cleared conversation ends a day later, unless it continues', async () => {
  const handle = file.open()
  const store = sqliteStore(handle)
  const expiry = (): unknown => handle.prepare('SELECT expires FROM sluice_conversations').get()
  await store.write('a', { add: turn, draft: { step: 1 } }, null)
  await store.clear('a')
  expect(countOf(handle, 'sluice_messages')).toBe(0)
  expect(countOf(handle, 'sluice_drafts')).toBe(0)
  expect((expiry() as { expires: number }).expires - Date.now()).toBeGreaterThan(86_000_000)
  const { version } = await store.load('a')
  await store.write('a', { add: turn }, version)
  expect(expiry()).toEqual({ expires: null })
})

test.each([
  [{}, 'sluice_conversations_updated'],
  [{ prefix: 'user-42/' }, 'sqlite_autoindex_sluice_conversations'],
])('the list with %j reads the conversations in it only', async (options, index) => {
  const handle = file.open()
  const store = sqliteStore(handle)
  await store.write('user-42/a', { add: turn }, null)
  const sql = vi.spyOn(handle, 'prepare')
  await store.list?.(options)
  const query = sql.mock.calls.flat().find((each) => each.includes('AS messageCount')) ?? ''
  const values = Array.from(query.matchAll(/\?/g), () => '')
  const plan = handle.prepare(`EXPLAIN QUERY PLAN ${query}`).all(...values)
  expect(JSON.stringify(plan)).toContain(`USING INDEX ${index}`)
})

test('a draft is written without the messages', async () => {
  const handle = file.open()
  const store = sqliteStore(handle)
  const add: Message[] = [{ role: 'user', content: 'x'.repeat(5_000_000) }]
  let version = await store.write('a', { add }, null)
  handle.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  for (let step = 0; step < 20; step++)
    version = await store.write('a', { draft: { step } }, version)
  // Frames of the write-ahead log, each with one page of 4,096 bytes.
  const { log } = handle.prepare('PRAGMA wal_checkpoint').get() as { log: number }
  expect(log).toBeLessThan(200)
  expect(await store.load('a')).toEqual({ messages: add, version, draft: { step: 19 } })
})

describe('followers', () => {
  test('a follower on another handle receives events soon, and in silence the waits grow', async () => {
    const [log, handle] = [sqliteLog(file.open()), file.open()]
    const prepare = vi.spyOn(handle, 'prepare')
    let looks = 0
    prepare.mockImplementation((sql) => {
      const statement = DatabaseSync.prototype.prepare.call(handle, sql)
      if (sql !== 'PRAGMA data_version') return statement
      const get = statement.get.bind(statement)
      statement.get = () => {
        looks++
        return get()
      }
      return statement
    })
    await log.create('s', lease)
    const appended: number[] = []
    const leave = await sqliteLog(handle).subscribe('s', {
      appended: ({ first }) => appended.push(first),
      missed() {},
    })
    await pause(1_000)
    // About 20 a second at the longest wait.
    expect(looks).toBeLessThan(50)
    for (let first = 1; first <= 3; first++) {
      await log.append('s', lease, { ...batch, first })
      await vi.waitFor(() => expect(appended).toHaveLength(first), { interval: 1, timeout: 500 })
    }
    leave()
    const before = looks
    await pause(200)
    expect(looks).toBe(before)
    expect(appended).toEqual([1, 2, 3])
  })

  test('all listeners on one handle share one timer, which does not keep the process alive', async () => {
    const log = sqliteLog(file.open())
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const leaves: (() => void)[] = []
    for (let index = 0; index < 100; index++) {
      leaves.push(await log.subscribe(`${index}`, { appended() {}, missed() {} }))
      leaves.push(await sqliteLog(file.open()).onStop(`${index}`, () => {}))
    }
    const live = timers.mock.results.map(({ value }) => value as NodeJS.Timeout)
    timers.mockRestore()
    expect(live.length).toBeGreaterThan(0)
    expect(live.filter((timer) => timer.hasRef())).toEqual([])
    for (const leave of leaves) leave()
  })

  test('listeners read the log themselves once looking fails', async () => {
    const handle = new DatabaseSync(file.path)
    const log = sqliteLog(handle)
    const missed = vi.fn()
    const leave = await log.subscribe('s', { appended() {}, missed })
    handle.close()
    await vi.waitFor(() => expect(missed).toHaveBeenCalledOnce())
    await pause(100)
    expect(missed).toHaveBeenCalledOnce()
    leave()
  })

  test('every follower reads every event once and in order, however often it reconnects', async () => {
    const processes = [0, 1].map(() => createResumable({ log: sqliteLog(file.open()) }))
    await checkProperty(processes, 40)
  }, 60_000)
})
