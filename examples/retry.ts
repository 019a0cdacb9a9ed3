/**
 * Retries: the provider refuses the first attempt and requests a wait, the second attempt breaks off, and the third one continues the
 * answer. Run it with `npm run example examples/retry.ts`.
 */

import { createStream } from 'sluice'
import { model } from './model.ts'

const headers = { 'retry-after-ms': '400' }
const driver = model({
  answer: [
    { fault: { kind: 'status', status: 429, headers } },
    { text: 'The sky is blue because air', fault: { kind: 'cut', afterEvents: 7 } },
    'scatters blue light most.',
  ],
})
// With `continue` the model continues the text so far. By default the answer restarts, and that text is retracted.
const retry = { maxRetries: 3, minDelayMs: 200, afterContent: 'continue' } as const

for await (const event of createStream({ driver, prompt: 'Why is the sky blue?', retry })) {
  if (event.type === 'content' && event.kind === 'text') process.stdout.write(event.text)
  if (event.type === 'retry') {
    const { attempt, maxAttempts, delayMs, mode, error } = event
    const wait = `${Math.round(delayMs)} ms`
    console.log(`\n(${error.code}: attempt ${attempt} of ${maxAttempts} in ${wait}, ${mode})`)
  }
  if (event.type === 'complete') console.log(`\n(whole after ${event.attempts} attempts)`)
  if (event.type === 'error') console.error(`\n${event.error.code}: ${event.error.message}`)
}
