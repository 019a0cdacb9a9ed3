import { chat, EventType, type ModelMessage, maxIterations, toolDefinition } from '@tanstack/ai'
import { createAnthropicChat } from '@tanstack/ai-anthropic'
import { createOpenaiChatCompletions } from '@tanstack/ai-openai'
import { z } from 'zod'
import { apiKey, both, description, prompt, type Runner, silenceMs } from './runner.ts'

export const tanstack: Runner = {
  name: 'TanStack AI',
  wires: both,
  async run({ wire, url, report, onText, left }) {
    const timeout = silenceMs
    const adapter =
      wire === 'openai'
        ? createOpenaiChatCompletions('gpt-5.2', apiKey, { baseURL: `${url}/v1`, timeout })
        : createAnthropicChat('claude-sonnet-4-5', apiKey, { baseURL: url, timeout })
    const inputSchema = z.object({ id: z.number() })
    const tool = toolDefinition({ name: 'report', description, inputSchema }).server(report)
    const messages = (left as ModelMessage[] | undefined) ?? [{ role: 'user', content: prompt }]
    let seen: ModelMessage[] | undefined
    const stream = chat({
      adapter,
      messages,
      tools: [tool],
      agentLoopStrategy: maxIterations(8),
      middleware: [
        {
          // Its own view of the conversation, when it asks the model.
          onConfig: (_context, config) => {
            seen = [...config.messages]
          },
        },
      ],
    })
    let text = ''
    let failure: string | undefined
    let reason: string | null | undefined
    for await (const chunk of stream) {
      if (chunk.type === EventType.TEXT_MESSAGE_CONTENT) onText((text += chunk.delta))
      else if (chunk.type === EventType.RUN_ERROR) failure = chunk.message
      else if (chunk.type === EventType.RUN_FINISHED) reason = chunk.finishReason
    }
    return failure === undefined ? { reason } : { failure, left: seen }
  },
}
