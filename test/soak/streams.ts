/**
 * The streams of a soak: how they are set up, and how they are read.
 *
 * @module
 */

import {
  createStream,
  type Driver,
  type EventStream,
  fallback,
  hedge,
  type RetryOptions,
  type StreamEvent,
  sse,
  toReadableStream,
  toResponse,
} from 'sluice'
import { readStream } from 'sluice/client'
import { everyDriver } from '../support/every-driver.ts'

/** One of each for all streams, as in a server. */
let drivers: readonly Driver[] | undefined

function driversAt(url: string): readonly Driver[] {
  drivers ??= everyDriver.map(({ driver }) => driver({ url }))
  return drivers
}

function oneOf<T>(choices: readonly T[]): T {
  return choices[Math.floor(Math.random() * choices.length)] as T
}

const retries: readonly (RetryOptions | false)[] = [
  false,
  { minDelayMs: 1, maxDelayMs: 20 },
  { minDelayMs: 1, maxDelayMs: 20, afterContent: 'continue' },
  { minDelayMs: 1, maxDelayMs: 20, afterContent: 'fail', budgetMs: 300 },
  { minDelayMs: 1, maxDelayMs: 20, holdBackMs: 20 },
  { minDelayMs: 10_000 },
]

export function streamAtRandom(url: string, signal: AbortSignal): EventStream {
  const all = driversAt(url)
  const driver = oneOf([
    () => oneOf(all),
    () => oneOf(all),
    () => fallback(oneOf(all), oneOf(all)),
    () => hedge(oneOf(all), oneOf(all), { afterMs: 10 }),
  ])()
  return createStream({
    driver,
    prompt: 'Tell me something about the sea.',
    signal,
    retry: oneOf(retries),
    timeout: { firstChunkMs: 1_500, chunkMs: 1_000, silenceMs: 1_000, totalMs: 6_000 },
  })
}

interface Read {
  told: StreamEvent[]
  /** The reader went before the end. */
  left: boolean
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Takes events until it is through or has had enough. */
async function iterate(stream: EventStream, enough = Infinity, paceMs = 0): Promise<Read> {
  const told: StreamEvent[] = []
  for await (const event of stream) {
    told.push(event)
    if (told.length >= enough && event.type !== 'complete' && event.type !== 'error') {
      return { told, left: true }
    }
    if (paceMs > 0) await pause(paceMs)
  }
  return { told, left: false }
}

const readers: readonly ((stream: EventStream, own: AbortController) => Promise<Read>)[] = [
  (stream) => iterate(stream),
  (stream) => iterate(stream),
  (stream) => iterate(stream, 1 + Math.floor(Math.random() * 20)),
  (stream) => {
    void stream.text().catch(() => {})
    return iterate(stream)
  },
  (stream) => iterate(stream, 30, 2),
  async (stream, own) => {
    const reading = iterate(stream)
    await pause(Math.random() * 200)
    own.abort()
    stream.cancel()
    return reading
  },
  async (stream) => iterate(readStream(await toResponse(stream, sse()))),
  async (stream) => {
    const reader = toReadableStream(stream, sse()).getReader()
    for (let chunks = 0; chunks < 5; chunks++) await reader.read()
    await reader.cancel()
    // It reads on by nothing, so what there is to tell is told by text().
    await stream.text().catch(() => {})
    return { told: [], left: true }
  },
]

export function readAtRandom(stream: EventStream, own: AbortController): Promise<Read> {
  return oneOf(readers)(stream, own)
}
