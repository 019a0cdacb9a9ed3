/**
 * A tool: the model calls it, it runs, and the model answers with its result. Run it with
 * `npm run example examples/tools.ts`.
 */

import { createStream, tool } from 'sluice'
import { z } from 'zod'
import { model } from './model.ts'

const City = z.object({ city: z.string().meta({ examples: ['Oslo'] }) })
const driver = model()
const temperature = tool({
  description: 'The temperature in a city, in °C.',
  parameters: City,
  async *run({ city }) {
    yield `calling the station of ${city}`
    return { city, celsius: 7 }
  },
})

const prompt = 'What is the temperature in Oslo? Do I need a coat?'
for await (const event of createStream({ driver, prompt, tools: { temperature } })) {
  if (event.type === 'error') console.error(event.error.message)
  if (event.type !== 'content') continue
  if (event.kind === 'tool-result') console.log(`${event.name}: ${JSON.stringify(event.output)}`)
  if (event.kind === 'text') process.stdout.write(event.text)
}
