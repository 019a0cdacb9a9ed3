/**
 * One model takes over from another in the middle of an answer. Both are simulated, so it needs no key. Run it with
 * `npm run example examples/fallback.ts`.
 */

import { createStream, fallback } from 'sluice'
import { compatible } from 'sluice/compatible'
import { simulatedProvider } from 'sluice/testing'

const flaky = simulatedProvider({
  answer: { text: 'The sky is blue because of', fault: { kind: 'cut', afterEvents: 5 } },
})
const steady = simulatedProvider({ answer: 'Blue light is scattered most.' })
const model = (name: string, { fetch }: typeof flaky) =>
  compatible({
    name,
    model: 'simulated',
    baseURL: 'http://simulated.test/v1',
    apiKey: 'any',
    fetch,
  })

const driver = fallback(model('flaky', flaky), model('steady', steady))
for await (const event of createStream({ driver, prompt: 'Why is the sky blue?' })) {
  if (event.type === 'start') console.log(`asking ${event.provider}`)
  if (event.type === 'content' && event.kind === 'text') process.stdout.write(event.text)
  if (event.type === 'retry') console.log(`\n${event.error.code}: asking ${event.provider}`)
  if (event.type === 'complete') console.log(`\nanswered by ${event.provider}`)
  if (event.type === 'error') console.error(`\n${event.error.code}: ${event.error.message}`)
}
