/**
 * The tasks of a page, as Chromium records them.
 */

import type { Browser, Page } from 'playwright-core'

interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  /** In microseconds. */
  ts: number
  dur?: number
  /** The time of the processor, in microseconds: another process may have it meanwhile. */
  tdur?: number
}

/** Chromium records the promises that a task has settled after the task. */
const microtasks = 'BlinkScheduler_PerformMicrotaskCheckpoint'

/**
 * @returns the tasks of the page's main thread, each with its microtasks, in milliseconds of the
 *   processor
 */
export async function tasksOf(
  browser: Browser,
  page: Page,
  work: () => Promise<void>,
): Promise<number[]> {
  // The last category has the microtasks.
  const categories = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline']
  await browser.startTracing(page, { categories })
  await work()
  const trace = await browser.stopTracing()
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
  const ofPage = traceEvents.find(({ name }) => name === 'FunctionCall')
  const ofMain = traceEvents
    .filter(({ ph, pid, tid }) => ph === 'X' && pid === ofPage?.pid && tid === ofPage.tid)
    .toSorted((one, other) => one.ts - other.ts)
  const tasks: number[] = []
  let end = 0
  for (const { name, ts, dur = 0, tdur = 0 } of ofMain) {
    // Those within a task are a part of it.
    if (ts < end) continue
    if (name.endsWith('RunTask')) tasks.push(tdur / 1_000)
    else if (name === microtasks) tasks.push((tasks.pop() ?? 0) + tdur / 1_000)
    else continue
    end = ts + dur
  }
  return tasks
}
