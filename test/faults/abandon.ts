/**
 * A program that uses the built package, leaves a stream as its argument says, and has nothing else to do. It prints `left` when it
 * is done with the stream.
 */

import {
  createStream,
  type Driver,
  type EventStream,
  hedge,
  StreamError,
  sse,
  toReadableStream,
} from 'sluice'
import { compatible } from 'sluice/compatible'
import { type Script, scripted } from 'sluice/testing'

const longMs = 600_000
const busy = new StreamError('overloaded', 'Busy.')
const [how = '', url = ''] = process.argv.slice(2)

/** The script, as long as there is nothing of the driver's own that keeps a process alive. */
function streamOf(script: Script | Script[], options: object = {}): EventStream {
  return createStream({ driver: scripted(script), prompt: 'p', ...options })
}

/** Takes events up to one of this type, and neither reads on nor says that it will not. */
async function readTo(type: string, stream: EventStream): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]()
  for (;;) {
    const { value } = await iterator.next()
    if (value?.type === type) return
  }
}

const waits = { retry: { minDelayMs: longMs } }
const clocks = {
  timeout: { firstChunkMs: longMs, chunkMs: longMs, silenceMs: longMs, totalMs: longMs },
}
const remote = (): Driver => compatible({ model: 'm', baseURL: `${url}/v1` })

const programs: Record<string, () => Promise<unknown>> = {
  'nothing read': async () => streamOf(['a']),
  'the start read': () => readTo('start', streamOf(['a'], clocks)),
  'content read': () => readTo('content', streamOf(['a', { hang: true }], clocks)),
  'content read, and held back': () =>
    readTo('content', streamOf(['a', 'b', { hang: true }], { retry: { holdBackChars: 1 } })),
  'a retry announced': () => readTo('retry', streamOf([[busy]], waits)),
  'cancelled while it waits for content': async () => {
    const stream = streamOf([{ hang: true }], clocks)
    setImmediate(() => stream.cancel())
    await stream.text().catch(() => {})
  },
  'cancelled while it waits for the next attempt': async () => {
    const stream = streamOf([[busy]], waits)
    await readTo('retry', stream)
    const text = stream.text().catch(() => {})
    setImmediate(() => stream.cancel())
    await text
  },
  'left by break': async () => {
    for await (const event of streamOf(['a', { hang: true }], clocks)) {
      if (event.type === 'content') break
    }
  },
  'read to its end': () => streamOf(['a'], clocks).text(),
  'a body read to its end': () => new Response(toReadableStream(streamOf(['a']), sse())).text(),
  'a body read in part': async () => {
    const body = toReadableStream(streamOf(['a', { hang: true }]), sse({ heartbeatMs: longMs }))
    await body.getReader().read()
  },
  'a hedge whose reader pauses': () =>
    readTo('content', hedged(scripted(['a', { hang: true }]), scripted([{ hang: true }]))),
  'a hedge that is decided': () => hedged(scripted(['a']), scripted(['b'])).text(),
  'an answer whose connection stays open': () =>
    createStream({ driver: remote(), prompt: 'p' }).text(),
  'a connection that was cancelled': async () => {
    const stream = createStream({ driver: remote(), prompt: 'p' })
    await readTo('content', stream)
    stream.cancel()
  },
  'a connection that nobody reads': () =>
    readTo('content', createStream({ driver: remote(), prompt: 'p' })),

  // Somebody waits for what a timer brings: the process may not end before it.
  'waits for a clock': () =>
    codeOf(streamOf([{ hang: true }], { retry: false, timeout: { firstChunkMs: 300 } })),
  'waits for the clock of the whole stream': () =>
    codeOf(streamOf(['a', { hang: true }], { timeout: { ...endless, totalMs: 300 } })),
  'waits for the next attempt': () =>
    streamOf([[busy], ['done']], { retry: { minDelayMs: 300 }, timeout: false }).text(),
  'waits for a hedge': () => hedged(scripted([{ hang: true }]), scripted(['done']), 300).text(),
  'waits for what is held back': () =>
    codeOf(
      streamOf(['a', { hang: true }], {
        retry: { maxRetries: 0, holdBackMs: 100 },
        timeout: { ...endless, chunkMs: 300 },
      }),
    ),
}

const endless = { firstChunkMs: Infinity, chunkMs: Infinity, silenceMs: Infinity }

function hedged(first: Driver, second: Driver, afterMs = longMs): EventStream {
  return createStream({ driver: hedge(first, second, { afterMs }), prompt: 'p' })
}

function codeOf(stream: EventStream): Promise<string> {
  return stream.text().catch(({ code }: StreamError) => code)
}

const result = await programs[how]?.()
process.stdout.write(`left ${typeof result === 'string' ? result : ''}\n`)
