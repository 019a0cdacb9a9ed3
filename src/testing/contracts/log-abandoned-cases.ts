/**
 * The contract of a log: the list of streams that wait for a new producer. Logs without `abandoned`
 * pass.
 *
 * @module
 */

import type { StreamLog } from '../../resumable/log.js'
import { check } from './driver-checks.js'
import {
  batchOf,
  checkEqual,
  type LogCase,
  type LogContext,
  longLease,
  shortLease,
  until,
  untilLapsed,
} from './log-case.js'

type Listing = NonNullable<StreamLog['abandoned']>

function listOf({ other }: LogContext): Listing | undefined {
  return other.abandoned?.bind(other)
}

/** The streams of one test. A log may hold others. */
async function listOwn(list: Listing, id: string): Promise<string[]> {
  const all = await list(1_000_000)
  return all
    .filter((each) => each.startsWith(id))
    .map((each) => each.slice(id.length + 1))
    .toSorted()
}

export const abandonedCases: Record<string, LogCase> = {
  'lists exactly the streams that have not ended and that nobody holds (if it can)': {
    async run(context) {
      const { log, id } = context
      const list = listOf(context)
      if (list === undefined) return
      const lease = longLease()
      /** Creates a stream with one event. */
      const begin = async (name: string): Promise<string> => {
        await log.create(`${id} ${name}`, lease)
        await log.append(`${id} ${name}`, lease, batchOf(1, 1))
        return `${id} ${name}`
      }
      await log.create(`${id} held, empty`, lease)
      await begin('held')
      await log.append(await begin('ended'), lease, batchOf(2, 1, true))
      const sealed = await begin('sealed')
      await log.release(sealed, lease)
      await log.seal(sealed, batchOf(2, 1, true))
      await log.stop(await begin('stopping'))
      checkEqual(await listOwn(list, id), [], 'the list of streams that are held or have ended')

      await log.create(`${id} lapsed, empty`, shortLease())
      // The lease of the last call counts.
      await log.append(await begin('lapsed'), { ...lease, leaseMs: 50 }, batchOf(2, 1))
      await log.renew(await begin('lapsed, renewed'), { ...lease, leaseMs: 50 })
      for (const name of ['lapsed, empty', 'lapsed', 'lapsed, renewed']) {
        await untilLapsed({ ...context, id: `${id} ${name}` })
      }
      await log.release(await begin('released'), lease)
      const stopped = await begin('released, stopping')
      await log.stop(stopped)
      await log.release(stopped, lease)
      const abandoned = ['lapsed', 'lapsed, empty', 'lapsed, renewed', 'released']
      const all = [...abandoned, 'released, stopping']
      checkEqual(await listOwn(list, id), all, 'the list')
    },
  },

  'lists a stream no more once it is claimed or sealed, and again once that lease ends (if it can)':
    {
      async run(context) {
        const { log, other, id } = context
        const list = listOf(context)
        if (list === undefined) return
        const [first, second] = [longLease(), longLease()]
        for (const name of ['a', 'b']) {
          await log.create(`${id} ${name}`, first)
          await log.release(`${id} ${name}`, first)
        }
        checkEqual(await listOwn(list, id), ['a', 'b'], 'the list after two releases')
        await other.claim(`${id} a`, second)
        checkEqual(await listOwn(list, id), ['b'], 'the list after a claim')
        // The former producer has nothing to release.
        await log.release(`${id} a`, first)
        await log.seal(`${id} b`, batchOf(1, 1, true))
        checkEqual(await listOwn(list, id), [], 'the list after a seal')
        await other.release(`${id} a`, second)
        checkEqual(await listOwn(list, id), ['a'], 'the list after the release of the claim')
        await other.claim(`${id} a`, shortLease())
        await untilLapsed({ ...context, id: `${id} a` })
        checkEqual(await listOwn(list, id), ['a'], 'the list after the end of the next claim')
      },
    },

  'lists no more streams than it is asked for (if it can)': {
    async run(context) {
      const { log, id } = context
      const list = listOf(context)
      if (list === undefined) return
      const lease = longLease()
      for (const name of ['a', 'b', 'c']) {
        await log.create(`${id} ${name}`, lease)
        await log.release(`${id} ${name}`, lease)
      }
      for (const limit of [1, 2]) {
        const { length } = await list(limit)
        check(length === limit, `abandoned(${limit}) lists ${length} streams of at least 3`)
      }
    },
  },

  'lists no stream after its time to live (if it can)': {
    ttlMs: 100,
    async run(context) {
      const { log, other, id } = context
      const list = listOf(context)
      if (list === undefined) return
      const lease = longLease()
      await log.create(id, lease)
      await log.release(id, lease)
      const isGone = async (): Promise<boolean> => (await other.read(id, 0)) === null
      await until(context, 'the deletion of the stream', isGone)
      checkEqual(await listOwn(list, id), [], 'the list')
    },
  },
}
