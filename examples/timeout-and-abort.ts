/**
 * A stream that stalls is ended by its clock, and one that is not wanted any more by its signal. Run it with
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

const leave = new AbortController()
const driver = model()
for await (const event of createStream({ driver, prompt: 'Hello', signal: leave.signal })) {
  // The connection to the provider is closed at once, and the stream says how it ended.
  if (event.type === 'content') leave.abort()
  if (event.type === 'error') console.log(`${event.error.code}: ${event.error.message}`)
}
