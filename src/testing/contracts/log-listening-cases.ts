/**
 * The contract of a log: notifications.
 *
 * @module
 */

import { check } from './driver-checks.js'
import {
  append,
  batchOf,
  checkEqual,
  create,
  eventsFrom,
  type LogCase,
  type LogContext,
  longLease,
  Notes,
  shortLease,
  until,
  untilLapsed,
} from './log-case.js'

/** Waits until a listener has received an event, or a notice that it may have missed it. */
async function hears(context: LogContext, notes: Notes, last: number): Promise<void> {
  const isSo = (): boolean => notes.last >= last || notes.misses > 0
  await until(context, `the notification of event ${last}`, isSo)
  checkEqual(notes.disorder, '', 'out-of-order notifications')
}

export const listeningCases: Record<string, LogCase> = {
  'notifies every listener of appended events, in order': {
    async run(context) {
      const lease = longLease()
      const notes = [new Notes(), new Notes()]
      await create(context, lease)
      await context.listen(context.other, context.id, notes[0] as Notes)
      await context.listen(context.log, context.id, notes[1] as Notes)
      for (let first = 1; first <= 50; first++) await append(context, lease, batchOf(first, 1))
      await append(context, lease, batchOf(51, 10, true))
      for (const each of notes) {
        await hears(context, each, 60)
        if (each.misses > 0) continue
        checkEqual(each.events, eventsFrom(1, 60), 'the events that a listener received')
        checkEqual(each.ended, true, 'whether a listener was notified of the end')
      }
    },
  },
  'notifies a listener of everything after its subscription': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      for (let first = 1; first <= 20; first++) {
        const notes = new Notes()
        const subscribed = context.listen(context.other, context.id, notes)
        // Events that are appended before the subscription has resolved may be reported or not.
        const appended = append(context, lease, batchOf(2 * first - 1, 1))
        const unsubscribe = await subscribed
        await appended
        await append(context, lease, batchOf(2 * first, 1))
        await hears(context, notes, 2 * first)
        unsubscribe()
      }
    },
  },
  'does not notify unsubscribed listeners or those of other streams': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      const [gone, elsewhere, stays] = [new Notes(), new Notes(), new Notes()]
      const leave = await context.listen(context.other, context.id, gone)
      await context.listen(context.other, `${context.id} 2`, elsewhere)
      await context.listen(context.other, context.id, stays)
      leave()
      leave()
      await append(context, lease, batchOf(1, 1))
      await hears(context, stays, 1)
      checkEqual(gone.events, [], 'the events received after unsubscribing')
      checkEqual(elsewhere.events, [], 'the events received by a listener of another stream')
    },
  },
  'notifies listeners of a seal': {
    async run(context) {
      const notes = new Notes()
      await create(context, shortLease())
      await context.listen(context.other, context.id, notes)
      await untilLapsed(context)
      await context.log.seal(context.id, batchOf(1, 2, true))
      await hears(context, notes, 2)
      check(notes.ended || notes.misses > 0, 'the listener was not notified of the end')
    },
  },
  'notifies the producer of a stop, at once and in the result of every renewal': {
    async run(context) {
      const { log, other, id } = context
      const lease = longLease()
      let [stops, others] = [0, 0]
      await create(context, lease)
      await append(context, lease, batchOf(1, 1))
      const leave = await log.onStop(id, () => others++)
      context.later(await log.onStop(id, () => stops++))
      context.later(await log.onStop(`${id} 2`, () => others++))
      leave()
      leave()
      checkEqual(await other.stop(id), true, 'stop()')
      await until(context, 'the notification of the producer', () => stops > 0)
      checkEqual(others, 0, 'notifications of unsubscribed producers and those of other streams')
      checkEqual(await log.renew(id, lease), 'stopping', 'renew()')
      await append(context, lease, batchOf(2, 1), 'stopping')
      await append(context, lease, batchOf(2, 1), 'stopping')
      await append(context, lease, batchOf(3, 1, true), 'stopping')
      checkEqual(await other.stop(id), false, 'stop() of a stream that has ended')
    },
  },
}
