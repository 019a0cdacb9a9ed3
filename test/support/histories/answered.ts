/** Answers as this package reads them from each provider, with blocks of the server's own tools. */

import type { AssistantMessage, Message } from '../../../src/base/messages.js'
import { anthropic } from '../../../src/entries/anthropic.js'
import { compatible } from '../../../src/entries/compatible.js'
import { gemini } from '../../../src/entries/gemini.js'
import { createStream, type Driver } from '../../../src/entries/index.js'
import { openai } from '../../../src/entries/openai.js'
import { type AnswerParts, simulatedProvider } from '../../../src/entries/testing.js'
import { knownBlocks, laterBlocks } from './blocks.js'
import { markOf, type Origin } from './origins.js'

type Fetch = typeof globalThis.fetch

const made: readonly [Origin, (fetch: Fetch) => Driver][] = [
  [
    ['anthropic-messages', 'anthropic'],
    (fetch) => anthropic({ model: 'claude-opus-5', apiKey: 'k', fetch }),
  ],
  [
    ['openai-responses', 'openai'],
    (fetch) => openai({ model: 'gpt-5.5', api: 'responses', apiKey: 'k', fetch }),
  ],
  [['openai-chat', 'openai'], (fetch) => openai({ model: 'gpt-5.5', apiKey: 'k', fetch })],
  [['openai-chat', 'xai'], (fetch) => compatible('xai', { model: 'grok-4', apiKey: 'k', fetch })],
  [['gemini', 'google'], (fetch) => gemini({ model: 'gemini-3-pro', apiKey: 'k', fetch })],
]

/** The message of a stream, as far as it came. */
async function messageOf(driver: Driver): Promise<AssistantMessage> {
  for await (const event of createStream({ driver, prompt: 'p', retry: false, onEnd() {} })) {
    if (event.type === 'complete') return event.message
    if (event.type === 'error') return event.partial
  }
  throw new Error('A stream has an end.')
}

function answersOf(origin: Origin, isKnown: boolean): AnswerParts[] {
  const [wire] = origin
  const mark = markOf(origin)
  const known = wire === 'openai-chat' ? [] : knownBlocks(wire, mark, 'srv_1').slice(0, 2)
  const later = isKnown ? [] : laterBlocks(wire, mark, 'later_1').slice(0, 1)
  const inOrder = [...known, ...later].map((data) => ({ before: 'text' as const, data }))
  const call = { id: 'c1', name: 'f', input: { x: 1 } }
  const paused = wire === 'anthropic-messages' ? { finishReason: 'pause_turn' } : {}
  return [
    { text: 'Done.', reasoning: 'Let me think.', blocks: inOrder },
    { text: 'One moment.', reasoning: 'Hm.', phase: 'commentary', toolCalls: [call] },
    {
      text: '',
      reasoning: 'Hm.',
      toolCalls: [call, { ...call, id: 'c2', name: 'g' }],
      blocks: inOrder,
    },
    { text: 'So', blocks: inOrder, ...paused },
    { text: 'Cut off in the middle', blocks: inOrder, fault: { kind: 'cut', afterEvents: 7 } },
  ]
}

/**
 * Answers of every provider, and their results.
 *
 * @param isKnown - without blocks of kinds that are added later
 */
export async function answeredTurns(isKnown: boolean): Promise<Message[][]> {
  const turns: Message[][] = []
  for (const [origin, driverOf] of made) {
    for (const answer of answersOf(origin, isKnown)) {
      const provider = simulatedProvider({ paceMs: 0, answer })
      const message = await messageOf(driverOf(provider.fetch))
      const parts = typeof message.content === 'string' ? [] : message.content
      const results = parts.flatMap((part) =>
        part.type === 'tool-call'
          ? [{ type: 'tool-result' as const, id: part.id, name: part.name, output: 'ok' }]
          : [],
      )
      turns.push([
        message,
        ...(results.length > 0 ? [{ role: 'tool' as const, content: results }] : []),
      ])
    }
  }
  return turns
}
