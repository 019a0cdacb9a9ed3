/**
 * The tasks of a page, as Chromium records them.
 */

import type { Browser, Page } from 'playwright-core'

interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  /** The time of the processor, in microseconds: another process may have it meanwhile. */
  tdur?: number
}

/** @returns the tasks of the page's main thread, in milliseconds of the processor */
export async function tasksOf(
  browser: Browser,
  page: Page,
  work: () => Promise<void>,
): Promise<number[]> {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] })
  await work()
  const trace = await browser.stopTracing()
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
  const ofPage = traceEvents.find(({ name }) => name === 'FunctionCall')
  return traceEvents
    .filter(({ name, ph, pid, tid }) => {
      const isMain = pid === ofPage?.pid && tid === ofPage.tid
      return isMain && ph === 'X' && name.endsWith('RunTask')
    })
    .map(({ tdur = 0 }) => tdur / 1_000)
}
