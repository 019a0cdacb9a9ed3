/**
 * Tools that the person at the page answers: the call waits until the page has its value.
 */

import type { PageTools } from 'sluice/client'

const waiting = new Map<string, (value: unknown) => void>()

const ask = (_input: unknown, { id, signal }: { id: string; signal: AbortSignal }) =>
  new Promise<unknown>((resolve) => {
    waiting.set(id, resolve)
    signal.addEventListener('abort', () => waiting.delete(id))
  })

export const pageTools: PageTools = { pick_date: ask }

/** Answers a call. */
export function answerCall(id: string, value: unknown): void {
  waiting.get(id)?.(value)
  waiting.delete(id)
}
