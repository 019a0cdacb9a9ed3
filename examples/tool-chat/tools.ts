/**
 * The tools: one that runs at once, one that a person has to allow, and one that the page answers.
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
    await sleep(800, undefined, { signal })
    const sky = skies.get(city.toLowerCase())
    if (sky === undefined) throw new ToolError(`There is no station in ${city}.`)
    return sky
  },
})

const refund = tool({
  description: 'Pays the price of an order back.',
  parameters: z.object({
    order: z.string().meta({ examples: ['A-17'] }),
    euros: z.number().meta({ examples: [120] }),
  }),
  approve: true,
  once: true,
  run: ({ order, euros }, { key }) => ({ order, euros, reference: key.slice(-6) }),
})

const pickDate = tool({
  description: 'Lets the user pick a date.',
  parameters: z.object({ label: z.string().meta({ examples: ['Departure'] }) }),
})

export const tools = { weather, refund, pickDate }
