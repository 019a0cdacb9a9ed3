/**
 * A full disk, and a file that is busy for too long, during turns with tools and their streams: an error with code store, and the
 * turn continues once there is room.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createResumable } from '../../../src/entries/resumable.js'
import { type SqliteDatabase, sqliteLog, sqliteStore } from '../../../src/entries/sqlite.js'
import { readRest } from '../../resumable/support.js'
import { collect } from '../../support/collect.js'
import { heldTurn } from '../../support/held-turn.js'
import { handles, type SqliteFile, sqliteFile } from '../../support/sqlite.js'

let file: SqliteFile
beforeEach(() => {
  file = sqliteFile()
})
afterEach(() => file.remove())

const failed = { type: 'error', error: { code: 'store' } }
const words = ['Half', ` whole ${'x'.repeat(1_000_000)}`]

/** No more pages fit, as on a full disk. */
function fill(database: SqliteDatabase): void {
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as {
    page_count: number
  }
  database.exec(`PRAGMA max_page_count = ${pages}`)
}

function makeRoom(database: SqliteDatabase): void {
  database.exec('PRAGMA max_page_count = 1000000')
}

describe.each(Object.keys(handles) as (keyof typeof handles)[])('by %s', (name) => {
  test('a turn whose answer does not fit ends with store, and is whole once there is room', async () => {
    const database = file.open(name)
    const store = sqliteStore(database)
    const turn = heldTurn({ store, words })
    const events = collect(turn.conversation.send('Pay.', { key: 'k' }))
    await turn.reached
    fill(database)
    turn.release()
    expect((await events).at(-1)).toMatchObject({
      ...failed,
      error: { message: expect.stringContaining('full') },
    })
    expect(await turn.conversation.read()).toMatchObject({
      messages: [],
      draft: { input: [{ content: 'Pay.' }] },
    })
    // It is still full.
    const early = heldTurn({ store, words })
    early.release()
    await expect(early.conversation.resume().final()).rejects.toMatchObject({ code: 'store' })
    makeRoom(database)
    const next = heldTurn({ store, words })
    next.release()
    const complete = await next.conversation.send('Pay.', { key: 'k' }).final()
    expect(complete.text).toBe(words.join(''))
    expect(JSON.stringify(complete.message)).toContain('"paid"')
    expect([turn.keys, early.keys, next.keys].flat()).toHaveLength(1)
    expect(await next.conversation.messages()).toHaveLength(2)
  }, 30_000)

  test('a question that does not fit is neither stored nor asked', async () => {
    const database = file.open(name)
    const store = sqliteStore(database)
    await store.write('other', { title: 'It sets up the file.' }, null)
    fill(database)
    const turn = heldTurn({ store })
    const question = 'x'.repeat(1_000_000)
    const events = await collect(turn.conversation.send(question))
    expect(events).toMatchObject([{ type: 'start' }, failed])
    expect(turn.requests()).toBe(0)
    makeRoom(database)
    expect(await turn.conversation.read()).toEqual({ messages: [] })
    turn.release()
    expect((await turn.conversation.send(question).final()).text).toBe('Half whole.')
  }, 30_000)

  test('a stream that does not fit is continued for its readers once there is room', async () => {
    const [database, elsewhere] = [file.open(name), file.open(name)]
    const leaseMs = 1_000
    const turn = heldTurn({ store: sqliteStore(database), words })
    const next = heldTurn({ store: sqliteStore(elsewhere), words })
    next.release()
    const resumable = createResumable({ log: sqliteLog(database), leaseMs })
    const other = createResumable({
      log: sqliteLog(elsewhere),
      leaseMs,
      maxRevivals: 100,
      revive: () => next.conversation.resume(),
    })
    const { ended } = await resumable.publish('s', turn.conversation.send('Pay.', { key: 'k' }))
    await turn.reached
    const events = readRest(other, 's')
    fill(database)
    turn.release()
    // It cannot write this into the log, and another process may have the lease already.
    const end = await ended
    expect(['store', 'conflict']).toContain(end.type === 'error' && end.error.code)
    makeRoom(database)
    const all = await events
    expect(all.at(-1)).toMatchObject({ type: 'complete', text: words.join('') })
    // More than one if the machine is so busy that the next producer loses its short lease, too.
    expect(all.some(({ type }) => type === 'retry')).toBe(true)
    expect(await readRest(other, 's')).toEqual(all)
    expect([...turn.keys, ...next.keys]).toHaveLength(1)
    expect(await next.conversation.messages()).toHaveLength(2)
  }, 30_000)

  test('a stream that fits nowhere ends whole or with store for its readers', async () => {
    const [database, elsewhere] = [file.open(name), file.open(name)]
    const leaseMs = 500
    const turn = heldTurn({ store: sqliteStore(database), words })
    const next = heldTurn({ store: sqliteStore(elsewhere), words })
    next.release()
    const resumable = createResumable({ log: sqliteLog(database), leaseMs })
    const other = createResumable({
      log: sqliteLog(elsewhere),
      leaseMs,
      maxRevivals: 100,
      revive: () => next.conversation.resume(),
    })
    const { ended } = await resumable.publish('s', turn.conversation.send('Pay.', { key: 'k' }))
    await turn.reached
    const events = readRest(other, 's')
    for (const each of [database, elsewhere]) fill(each)
    turn.release()
    expect((await ended).type).toBe('error')
    await new Promise((resolve) => setTimeout(resolve, 2 * leaseMs))
    for (const each of [database, elsewhere]) makeRoom(each)
    const last = (await events).at(-1)
    if (last?.type === 'complete') expect(last.text).toBe(words.join(''))
    else expect(last).toMatchObject(failed)
    expect([...turn.keys, ...next.keys]).toHaveLength(1)
    const again = heldTurn({ store: sqliteStore(database), words })
    again.release()
    const complete = await again.conversation.send('Pay.', { key: 'k' }).final()
    expect(complete.text).toBe(words.join(''))
    expect(again.keys).toEqual([])
  }, 30_000)

  test('a file that is busy for longer than its timeout is an error with store, and the turn continues afterwards', async () => {
    const store = sqliteStore(file.open(name), { busyTimeoutMs: 300 })
    const turn = heldTurn({ store })
    const events = collect(turn.conversation.send('Pay.', { key: 'k' }))
    await turn.reached
    const other = file.open(name)
    other.exec('BEGIN IMMEDIATE')
    turn.release()
    expect((await events).at(-1)).toMatchObject({
      ...failed,
      error: { message: expect.stringContaining('locked') },
    })
    const early = heldTurn({ store })
    expect((await collect(early.conversation.resume())).at(-1)).toMatchObject(failed)
    other.exec('COMMIT')
    const next = heldTurn({ store })
    next.release()
    expect(await next.conversation.resume().final()).toMatchObject({ text: 'Half whole.' })
    expect([turn.keys, early.keys, next.keys].flat()).toHaveLength(1)
    expect(await next.conversation.messages()).toHaveLength(2)
  }, 30_000)
})
