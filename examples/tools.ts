/**
 * A tool, one round trip: the model calls it, the program answers, the model goes on. Run it with
 * `npm run example examples/tools.ts`.
 */

import { createStream, type Message } from 'sluice'
import { z } from 'zod'
import { model } from './model.ts'

const call = { name: 'temperature', input: { city: 'Oslo' } }
const driver = model({ answer: [{ toolCalls: [call] }, 'It is 7 °C in Oslo. Take a coat.'] })
const City = z.object({ city: z.string() })
const tools = { temperature: { description: 'The temperature, in °C', parameters: City } }

const messages: Message[] = [{ role: 'user', content: 'Do I need a coat in Oslo?' }]
const first = await createStream({ driver, messages, tools }).final()
messages.push(first.message)

const parts = typeof first.message.content === 'string' ? [] : first.message.content
const calls = parts.filter((part) => part.type === 'tool-call')
for (const { id, name, input } of calls) {
  const { city } = City.parse(input)
  console.log(`${name} in ${city}?`)
  messages.push({
    role: 'tool',
    content: [{ type: 'tool-result', id, name, output: { celsius: 7 } }],
  })
}
console.log(await createStream({ driver, messages, tools }).text())
