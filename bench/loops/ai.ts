import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { isStepCount, type LanguageModel, type ModelMessage, streamText, tool } from 'ai'
import { z } from 'zod'
import type { WireName } from '../wires.ts'
import { apiKey, both, description, prompt, type Runner, silenceMs, wordsOf } from './runner.ts'

type OpenModel = (wire: WireName, baseURL: string) => LanguageModel

const compatibleModel: OpenModel = (wire, baseURL) =>
  wire === 'openai'
    ? createOpenAICompatible({ name: 'provider', baseURL, apiKey }).chatModel('any')
    : createAnthropic({ baseURL, apiKey })('any')

function aiWith(
  name: string,
  options: { streamRetries?: number },
  open = compatibleModel,
  wires = both,
): Runner {
  return {
    name,
    wires,
    async run({ wire, url, report, onText, left }) {
      const model = open(wire, `${url}/v1`)
      const inputSchema = z.object({ id: z.number() })
      const messages = (left as ModelMessage[] | undefined) ?? [{ role: 'user', content: prompt }]
      // The messages of a turn that fails are to be had step by step.
      const made: ModelMessage[] = []
      const result = streamText({
        model,
        messages,
        tools: { report: tool({ description, inputSchema, execute: report }) },
        stopWhen: isStepCount(8),
        timeout: { chunkMs: silenceMs },
        onError: () => {},
        onStepEnd: ({ response, finishReason }) => {
          if (finishReason !== 'error') made.push(...response.messages)
        },
        ...options,
      })
      let text = ''
      let failure: string | undefined
      let reason: string | undefined
      try {
        for await (const part of result.fullStream) {
          if (part.type === 'text-delta') onText((text += part.text))
          else if (part.type === 'error') failure = wordsOf(part.error)
          else if (part.type === 'abort') failure = 'abort'
          else if (part.type === 'finish') reason = part.finishReason
        }
      } catch (error) {
        failure = wordsOf(error)
      }
      return failure === undefined ? { reason } : { failure, left: [...messages, ...made] }
    },
  }
}

export const ai: Runner = aiWith('ai', {})
export const aiOfficial: Runner = aiWith(
  'ai, with @ai-sdk/openai',
  {},
  (_wire, baseURL) => createOpenAI({ baseURL, apiKey }).chat('any'),
  ['openai'],
)
export const aiRetrying: Runner = aiWith('ai, with streamRetries', { streamRetries: 2 })
