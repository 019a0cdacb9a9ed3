/**
 * What the model can call: a tool that runs at once, one that waits for a person, and one that the
 * page answers.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { ToolError, tool } from 'sluice'
import { z } from 'zod'

const skies = new Map([
  ['oslo', 'rain, 7 °C'],
  ['rome', 'sun, 24 °C'],
])

const weather = tool({
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string().meta({ examples: ['Oslo'] }) }),
  async *run({ city }, { signal }) {
    yield `Calling the station of ${city}`
    await sleep(600, undefined, { signal })
    const sky = skies.get(city.toLowerCase())
    if (sky === undefined) throw new ToolError(`There is no station in ${city}.`)
    return sky
  },
})

const send_email = tool({
  description: 'Sends an email.',
  parameters: z.object({
    to: z.string().meta({ examples: ['ada@example.com'] }),
    subject: z.string().meta({ examples: ['Lunch'] }),
    text: z.string().meta({ examples: ['Shall we meet at noon?'] }),
  }),
  approve: true,
  // An email that may have been sent is not sent again.
  once: true,
  // Nothing leaves the machine. A real one passes the key on, so that its service sends it once.
  run: ({ to, subject }, { key }) => ({ sent: true, to, subject, reference: key.slice(-8) }),
})

const pick_date = tool({
  description: 'Lets the user pick a date.',
  parameters: z.object({ label: z.string().meta({ examples: ['Departure'] }) }),
})

export const tools = { weather, send_email, pick_date }
