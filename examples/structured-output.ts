/**
 * Structured output as it grows, and then validated: `npm run structured-output`. The model is simulated, so it
 * needs no key.
 */

import { createStream } from 'sluice'
import { compatible } from 'sluice/compatible'
import { partialJson } from 'sluice/partial-json'
import { simulatedProvider } from 'sluice/testing'
import { z } from 'zod'

const soup = { name: 'Soup', steps: ['Boil water', 'Add vegetables'] }
const { fetch } = simulatedProvider({ answer: JSON.stringify(soup) })
const baseURL = 'http://simulated.test/v1'
const driver = compatible({ model: 'simulated', apiKey: 'any', baseURL, fetch })

const Recipe = z.object({ name: z.string(), steps: z.array(z.string()).min(1) })
const stream = createStream({ driver, prompt: 'How do I cook a soup?', output: Recipe })

for await (const recipe of partialJson(stream)) console.log('so far:', JSON.stringify(recipe))

const { output } = await stream.final()
console.log(`whole: ${output?.name}, in ${output?.steps.length} steps`)
