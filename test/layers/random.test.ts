/** Randomly nested layers emit events that are valid and truthful, and release everything. */

import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import { createStream } from '../../src/entries/index.js'
import { shown } from '../support/drivers.js'
import { carriesOn, type Grown, grow, holds, readings, trees } from './trees.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('random nestings of layers with random failures keep the grammar and report the truth', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  let completed = 0
  const property = fc.asyncProperty(trees, readings, async (tree, { pauses, leaves }) => {
    const grown: Grown = { leaves: [], answers: new Map() }
    const driver = grow(tree, grown)
    const controller = new AbortController()
    const stream = createStream({
      driver,
      prompt: 'p',
      retry: { maxRetries: 1, minDelayMs: 0, maxDelayMs: 0 },
      timeout: { firstChunkMs: 300, chunkMs: 300, totalMs: 20_000 },
      signal: controller.signal,
    })
    const events: StreamEvent[] = []
    let broke = false
    const reading = (async () => {
      for await (const event of stream) {
        const position = events.push(event) - 1
        const pauseMs = pauses[position] ?? 0
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
        if (position !== leaves?.at) continue
        if (leaves.how === 'cancel') stream.cancel()
        else if (leaves.how === 'signal') controller.abort()
        else {
          broke = true
          break
        }
      }
    })()
    await vi.runAllTimersAsync()
    await reading
    checkGrammar(events, broke)
    if (!broke) checkTruth(events, grown, holds(tree, carriesOn))
    if (events.at(-1)?.type === 'complete') completed++
    const asked = grown.leaves.flatMap((leaf) => leaf.asked)
    if (!holds(tree, (one) => one.kind === 'own')) expect(new Set(asked).size).toBe(asked.length)
    expect(grown.leaves.map((leaf) => leaf.open())).toEqual(grown.leaves.map(() => 0))
    expect(vi.getTimerCount()).toBe(0)
  })
  await fc.assert(property, { numRuns: 2000 })
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
  // That it is about something.
  expect(completed).toBeGreaterThan(200)
}, 60_000)

function checkGrammar(events: readonly StreamEvent[], broke: boolean): void {
  const types = events.map(({ type }) => type)
  expect(types[0]).toBe('start')
  expect(types.filter((type) => type === 'start')).toHaveLength(1)
  const ends = types.flatMap((type, position) =>
    type === 'complete' || type === 'error' ? [position] : [],
  )
  if (broke) expect(ends.filter((position) => position < events.length - 1)).toEqual([])
  else expect(ends).toEqual([events.length - 1])
  let attempt = 1
  for (const event of events) {
    if (event.type === 'retry') {
      expect(event.attempt).toBeGreaterThan(attempt)
      expect(event.maxAttempts).toBeGreaterThanOrEqual(event.attempt)
      attempt = event.attempt
    }
    if (event.type === 'complete' || event.type === 'error') {
      expect(event.attempts).toBeGreaterThanOrEqual(attempt)
    }
  }
}

/** @param joined - whether the answer may consist of several */
function checkTruth(events: readonly StreamEvent[], { answers }: Grown, joined: boolean): void {
  const last = events.at(-1)
  const text = shown(events)
  if (last?.type === 'complete') {
    expect(last.text).toBe(text)
    if (joined) return
    const whole = [...answers.values()].filter((answer) => answer.whole)
    expect(whole.map((answer) => answer.text)).toContain(text)
  }
  if (last?.type === 'error') {
    const parts = typeof last.partial.content === 'string' ? [] : last.partial.content
    expect(parts.map((part) => (part.type === 'text' ? part.text : '')).join('')).toBe(text)
    if (joined) return
    expect(
      [...answers.values()].some((answer) => answer.text.startsWith(text)) || text === '',
    ).toBe(true)
  }
}
