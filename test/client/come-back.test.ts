/**
 * Pages that come back: with fake timers, and a `window` that takes the events of a browser.
 */

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type ConnectOptions, connect, type StreamEvent } from '../../src/entries/client.js'
import { answer } from '../support/answers.js'
import { outline } from '../support/collect.js'
import { Remote } from '../support/remote.js'

const events = answer('Hel', 'lo')
const whole = ['start', 'text Hel', 'text lo', 'complete Hello']
const named = { 'content-location': '/ai/stream/1' }

let window: EventTarget
let document: EventTarget & { visibilityState?: string }
let remote: Remote

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  window = new EventTarget()
  document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('window', window)
  vi.stubGlobal('document', document)
  remote = new Remote()
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** The events so far, of a stream that is read in the background. */
function reading(init: ConnectOptions = {}): StreamEvent[] {
  const got: StreamEvent[] = []
  const stream = connect('/ai', { json: {}, fetch: remote.fetch, ...init })
  void (async () => {
    for await (const event of stream) got.push(event)
  })()
  return got
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

test('a stream that has begun is resumed after an outage of nine minutes', async () => {
  const got = reading()
  remote.last.begin(named).send(...events.slice(0, 2))
  await settle()
  remote.last.end()
  for (let elapsedMs = 0; elapsedMs < 540_000; elapsedMs += 1_000) {
    await vi.advanceTimersByTimeAsync(1_000)
    if (remote.exchanges.length > 1 && !remote.last.answered) remote.last.lose()
  }
  expect(remote.exchanges.length).toBeGreaterThan(60)
  while (remote.last.answered) await vi.advanceTimersByTimeAsync(1_000)
  remote.last.begin().send(...events)
  await settle()
  expect(outline(got)).toEqual(whole)
})

test('a stream ends once it had no connection for longer than maxOutageMs', async () => {
  const got = reading({ retry: { maxOutageMs: 20_000 } })
  remote.last.begin(named).send(...events.slice(0, 2))
  await settle()
  remote.last.end()
  for (let elapsedMs = 0; elapsedMs < 40_000; elapsedMs += 1_000) {
    await vi.advanceTimersByTimeAsync(1_000)
    if (remote.exchanges.length > 1 && !remote.last.answered) remote.last.lose()
  }
  expect(outline(got)).toEqual(['start', 'text Hel', 'error network'])
})

test('an address that never answers is given up after five retries', async () => {
  const got = reading({ idempotent: true })
  for (let elapsedMs = 0; elapsedMs < 120_000; elapsedMs += 1_000) {
    if (!remote.last.answered) remote.last.lose()
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(outline(got)).toEqual(['start', 'error network'])
  expect(remote.exchanges).toHaveLength(6)
})

test.each([
  ['online', () => window.dispatchEvent(new Event('online'))],
  ['visible', () => document.dispatchEvent(new Event('visibilitychange'))],
])('a page that is %s again does not wait for the next reconnection', async (_name, wake) => {
  const got = reading({ retry: { minDelayMs: 60_000, maxDelayMs: 60_000 } })
  remote.last
    .begin(named)
    .send(...events.slice(0, 2))
    .end()
  await settle()
  expect(remote.exchanges).toHaveLength(1)
  wake()
  expect(remote.exchanges).toHaveLength(2)
  remote.last.begin().send(...events)
  await settle()
  expect(outline(got)).toEqual(whole)
  // Nothing listens any more.
  wake()
  await vi.advanceTimersByTimeAsync(120_000)
  expect(remote.exchanges).toHaveLength(2)
})

test('the time that a page was frozen for does not count as an outage', async () => {
  const got = reading({ retry: { minDelayMs: 10, maxDelayMs: 10, maxOutageMs: 20_000 } })
  remote.last
    .begin(named)
    .send(...events.slice(0, 2))
    .end()
  await settle()
  // The timer of the reconnection runs an hour late, before the page hears that it is visible.
  const frozen = performance.now() + 3_600_000
  vi.spyOn(performance, 'now').mockImplementation(() => frozen)
  await vi.advanceTimersByTimeAsync(10)
  expect(remote.exchanges).toHaveLength(2)
  document.dispatchEvent(new Event('visibilitychange'))
  remote.last.lose()
  await vi.advanceTimersByTimeAsync(10)
  expect(remote.exchanges).toHaveLength(3)
  remote.last.begin().send(...events)
  await settle()
  expect(outline(got)).toEqual(whole)
  vi.mocked(performance.now).mockRestore()
})

test('a page that is hidden does not reconnect', async () => {
  reading({ retry: { minDelayMs: 60_000 } })
  remote.last
    .begin(named)
    .send(...events.slice(0, 2))
    .end()
  await settle()
  document.visibilityState = 'hidden'
  document.dispatchEvent(new Event('visibilitychange'))
  expect(remote.exchanges).toHaveLength(1)
})

test('a connection that stays silent after its page is visible again is replaced', async () => {
  const got = reading({ retry: { minDelayMs: 1, maxDelayMs: 1 } })
  remote.last.begin(named).send(...events.slice(0, 2))
  await settle()
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(6_000)
  expect(remote.exchanges).toHaveLength(2)
  expect(remote.exchanges[0]?.left).toBe(true)
  remote.last.begin().send(...events)
  await settle()
  expect(outline(got)).toEqual(whole)
})

test('a connection that delivers after its page is visible again is kept', async () => {
  reading({ retry: { minDelayMs: 1, maxDelayMs: 1 } })
  remote.last.begin(named).send(...events.slice(0, 1))
  await settle()
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(3_000)
  remote.last.send(events[1] as StreamEvent)
  await settle()
  await vi.advanceTimersByTimeAsync(40_000)
  expect(remote.exchanges).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(remote.exchanges).toHaveLength(2)
})

test('a silent connection that cannot be resumed is kept', async () => {
  reading()
  remote.last.begin().send(...events.slice(0, 1))
  await settle()
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(30_000)
  expect(remote.exchanges[0]?.left).toBe(false)
})

test('a page from the back/forward cache reconnects at once', async () => {
  const got = reading({ retry: { minDelayMs: 1, maxDelayMs: 1 } })
  remote.last.begin(named).send(...events.slice(0, 2))
  await settle()
  window.dispatchEvent(new Event('pageshow'))
  await vi.advanceTimersByTimeAsync(10)
  expect(remote.exchanges).toHaveLength(1)
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
  await vi.advanceTimersByTimeAsync(10)
  expect(remote.exchanges).toHaveLength(2)
  remote.last.begin().send(...events)
  await settle()
  expect(outline(got)).toEqual(whole)
})

test('a stream that has ended, failed or been cancelled leaves no listener', async () => {
  const listeners = new Map<string, number>()
  for (const target of [window, document]) {
    const { addEventListener, removeEventListener } = EventTarget.prototype
    const count = (type: string, by: number): void => {
      listeners.set(type, (listeners.get(type) ?? 0) + by)
    }
    target.addEventListener = function (type, ...rest) {
      count(type, 1)
      addEventListener.call(this, type, ...rest)
    }
    target.removeEventListener = function (type, ...rest) {
      count(type, -1)
      removeEventListener.call(this, type, ...rest)
    }
  }
  reading()
  expect(Object.fromEntries(listeners)).toEqual({ online: 1, pageshow: 1, visibilitychange: 1 })
  remote.last.begin().send(...events)
  await settle()
  reading()
  remote.last.status(403)
  await settle()
  const controller = new AbortController()
  reading({ signal: controller.signal })
  controller.abort()
  await settle()
  expect(Object.fromEntries(listeners)).toEqual({ online: 0, pageshow: 0, visibilitychange: 0 })
})
