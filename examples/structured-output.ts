/**
 * Structured output as it grows, and then validated. Run it with `npm run example examples/structured-output.ts`.
 */

import { createStream } from 'sluice'
import { partialJson } from 'sluice/partial-json'
import { z } from 'zod'
import { model } from './model.ts'

const soup = { name: 'Soup', steps: ['Boil water', 'Add vegetables'] }
const driver = model({ answer: JSON.stringify(soup) })
const Recipe = z.object({ name: z.string(), steps: z.array(z.string()).min(1) })
const stream = createStream({ driver, prompt: 'How do I cook a soup?', output: Recipe })

for await (const recipe of partialJson(stream)) console.log('so far:', JSON.stringify(recipe))

const { output } = await stream.final()
console.log(`whole: ${output.name}, in ${output.steps.length} steps`)
