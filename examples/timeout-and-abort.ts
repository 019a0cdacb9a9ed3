/**
 * A timeout ends a stream that stalls, and a signal ends one that is no longer needed. Run it with
 * `npm run example examples/timeout-and-abort.ts`.
 */

import { createStream } from 'sluice'
import { model } from './model.ts'

const stalls = model({ answer: { text: 'And then it', fault: { kind: 'stall', afterEvents: 3 } } })
const timeout = { chunkMs: 300 }
for await (const event of createStream({
  driver: stalls,
  prompt: 'Hello',
  timeout,
  retry: false,
})) {
  if (event.type === 'error') console.log(`${event.error.code}: ${event.error.message}`)
}

const controller = new AbortController()
const driver = model()
for await (const event of createStream({ driver, prompt: 'Hello', signal: controller.signal })) {
  // The connection to the provider is closed at once, and the stream ends with `aborted`.
  if (event.type === 'content') controller.abort()
  if (event.type === 'error') console.log(`${event.error.code}: ${event.error.message}`)
}
