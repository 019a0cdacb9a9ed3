/**
 * A loop of your own inside the loop: `beforeStep` shortens old results when the messages grow, and
 * lets a larger model write the answer. Run it with `npm run example examples/own-loop.ts`.
 */

import { createStream, type Message, tool } from 'sluice'
import { z } from 'zod'
import { model } from './model.ts'

const pages = ['/1', '/2', '/3', '/4']
const reader = model({
  answer: ({ step }) => ({ toolCalls: [{ name: 'read', input: { path: pages[step - 1] } }] }),
})
const writer = model({ answer: 'The four pages agree: water is wet.' })

const read = tool({
  description: 'Reads a page.',
  parameters: z.object({ path: z.string() }),
  run: ({ path }) => `Page ${path}: ${'Water is wet. '.repeat(400)}`,
})

const maxSteps = pages.length + 1
const stream = createStream({
  driver: reader,
  prompt: `Read ${pages.join(', ')} and compare them.`,
  tools: { read },
  maxSteps,
  beforeStep: ({ step, messages }) => {
    const compacted = compact(messages, 8_000)
    console.log(`step ${step}: ${sizeOf(messages)} characters, sent ${sizeOf(compacted)}`)
    if (step < maxSteps) return { messages: compacted }
    return { messages: compacted, driver: writer, toolChoice: 'none' }
  },
})
console.log(await stream.text())

/** Cuts all results but the last, if the messages have more characters than this. */
function compact(messages: readonly Message[], maxCharacters: number): readonly Message[] {
  const answer = messages.at(-1)
  if (sizeOf(messages) <= maxCharacters || answer?.role !== 'assistant') return messages
  if (typeof answer.content === 'string') return messages
  const last = answer.content.findLastIndex(({ type }) => type === 'tool-result')
  const content = answer.content.map((part, index) =>
    part.type !== 'tool-result' || index === last
      ? part
      : { ...part, output: `${String(part.output).slice(0, 100)} (cut; read it again if needed)` },
  )
  return [...messages.slice(0, -1), { ...answer, content }]
}

function sizeOf(messages: readonly Message[]): number {
  return JSON.stringify(messages).length
}
