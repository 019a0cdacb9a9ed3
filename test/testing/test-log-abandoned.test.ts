import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { LogPage, StreamLog } from '../../src/entries/resumable.js'
import { sqliteLog } from '../../src/entries/sqlite.js'
import { type LogScenario, testLog } from '../../src/entries/testing.js'
import { bind } from '../support/broken-logs.js'

const exact = 'lists exactly the streams that have not ended and that nobody holds (if it can)'
const claimed =
  'lists a stream no more once it is claimed or sealed, and again once that lease ends (if it can)'
const limited = 'lists no more streams than it is asked for (if it can)'
const living = 'lists no stream after its time to live (if it can)'

/** Runs the chapter against a log whose list is made by `isListed`. */
async function failures(
  isListed: (page: LogPage | null, id: string, whole: StreamLog) => boolean | Promise<boolean>,
  limit: (limit: number) => number = (most) => most,
): Promise<string[]> {
  const runs: [string, () => Promise<void>][] = []
  testLog({
    name: 'broken',
    test(fullName, run) {
      const name = fullName.replace('broken: ', '')
      if ([exact, claimed, limited, living].includes(name)) runs.push([name, run])
    },
    deadlineMs: 1_000,
    log({ ttlMs }: LogScenario) {
      const whole = sqliteLog(new DatabaseSync(':memory:'), { ttlMs })
      const ids = new Set<string>()
      return {
        ...bind(whole),
        create(id, lease) {
          ids.add(id)
          return whole.create(id, lease)
        },
        async abandoned(most) {
          const found: string[] = []
          for (const id of ids) {
            if (found.length >= limit(most)) break
            if (await isListed(await whole.read(id, 0), id, whole)) found.push(id)
          }
          return found
        },
      }
    },
  })
  const failed: string[] = []
  for (const [name, run] of runs) await run().catch(() => failed.push(name))
  return failed
}

const isAbandoned = (page: LogPage | null): boolean =>
  page !== null && !page.ended && page.leaseLeftMs <= 0

describe.concurrent('testLog()', () => {
  test('testLog() passes a log that lists abandoned streams, and one that cannot', async () => {
    expect(await failures(isAbandoned)).toEqual([])
    const runs: (() => Promise<void>)[] = []
    testLog({
      name: 'without',
      test: (name, run) => (name.includes('(if it can)') ? runs.push(run) : undefined),
      log: () => {
        const { abandoned: _abandoned, ...log } = bind(sqliteLog(new DatabaseSync(':memory:')))
        return log
      },
    })
    expect(runs).toHaveLength(4)
    for (const run of runs) await run()
  })

  test('testLog() detects a log that lists no streams, or misses empty or released ones', async () => {
    expect(await failures(() => false)).toEqual([exact, claimed, limited])
    expect(await failures((page) => isAbandoned(page) && page?.last !== 0)).toContain(exact)
    const released = new Set<string>()
    const missed = await failures(async (page, id, whole) => {
      if (!isAbandoned(page)) return false
      // A stop is no reason to leave it.
      await whole.stop(id)
      const isNew = !released.has(id)
      released.add(id)
      return isNew
    })
    expect(missed).toContain(claimed)
  })

  test('testLog() detects a log that lists held streams, or those that have ended', async () => {
    const held = await failures((page) => page !== null && !page.ended)
    expect(held).toEqual([exact, claimed])
    const ended = await failures((page) => page !== null && page.leaseLeftMs <= 0)
    expect(ended).toEqual([exact, claimed])
  })

  test('testLog() detects a log that lists more streams than the limit, or fewer', async () => {
    expect(await failures(isAbandoned, () => Infinity)).toEqual([limited])
    expect(await failures(isAbandoned, (most) => Math.max(most - 1, 0))).toContain(limited)
  })

  test('testLog() detects a log that lists expired streams', async () => {
    const failed = await failures((page) => page === null || isAbandoned(page))
    expect(failed).toEqual([living])
  })
})
