/**
 * What the routes accept.
 */

import { parseMessages, StreamError, type StreamRequest } from 'sluice'
import { z } from 'zod'
import { providerNames } from './providers.ts'
import { invalid } from './read-body.ts'

const text = z.string().regex(/\S/, 'Must not be empty')

export const promptBody = z.object({ prompt: text })

export const retryBody = z.object({
  prompt: text,
  max_retries: z.int().min(0).max(10).optional(),
})

const message = z.object({ role: z.enum(['system', 'user', 'assistant']), content: text })

export const chatBody = z.object({
  messages: z
    .array(message)
    .min(1)
    .refine((messages) => messages.some(({ role }) => role === 'user'), 'Needs a user message'),
  model: text.optional(),
  temperature: z.number().min(0).max(2).optional(),
  max_tokens: z.int().min(1).optional(),
})

export const unifiedBody = chatBody.extend({ provider: z.enum(providerNames) })

export const conversationBody = z.object({
  session_id: text.max(200).refine((id) => id.isWellFormed(), 'Must be well-formed text'),
  message: text,
  provider: z.enum(providerNames).default('openai'),
})

/**
 * The same request in the words of the package.
 *
 * @throws HTTPException with a response of status 400 for messages that are too many or too long
 */
export function toRequest({
  messages,
  temperature,
  max_tokens: maxOutputTokens,
}: z.output<typeof chatBody>): StreamRequest {
  return {
    messages: parse(messages),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  }
}

function parse(messages: unknown): NonNullable<StreamRequest['messages']> {
  try {
    // The page of a chat keeps its own instructions.
    return parseMessages(messages, { roles: ['system', 'user', 'assistant'] })
  } catch (error) {
    throw StreamError.is(error) ? invalid('messages', error.message) : error
  }
}
