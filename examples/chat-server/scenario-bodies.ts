/**
 * What the scenario routes accept. Optional fields may be null.
 */

import { parseMessages, StreamError, type StreamRequest } from 'sluice'
import { z } from 'zod'
import { type ProviderName, providerNames } from './providers.ts'
import { Refusal } from './read-body.ts'

const text = z.string().regex(/\S/, 'Must not be empty.')

export const promptBody = z.object({ prompt: text })

export const retryBody = z.object({
  prompt: text,
  max_retries: z.int().min(0).max(10).nullish(),
})

const message = z.object({ role: z.enum(['system', 'user', 'assistant']), content: text })

export const chatBody = z.object({
  messages: z
    .array(message)
    .min(1, 'Needs a message.')
    .refine((messages) => messages.some(({ role }) => role === 'user'), 'Needs a user message.'),
  model: text.nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: z.int().min(1).nullish(),
})

const providerName = z
  .enum(providerNames)
  .nullish()
  .transform((name) => name ?? 'openai')

export const unifiedBody = chatBody.extend({ provider: providerName })

export const conversationBody = z.object({
  session_id: text.max(200).refine((id) => id.isWellFormed(), 'Must be well-formed text.'),
  message: text,
  provider: providerName,
})

/** The settings of a request that names none. Models that take no temperature receive none. */
export function defaultsOf(provider: ProviderName): StreamRequest {
  const limit = provider === 'claude' ? { maxOutputTokens: 1024 } : {}
  return { temperature: 0.7, ...limit }
}

/**
 * The request in the words of the package.
 *
 * @throws Refusal for messages that are too many or too long
 */
export function toRequest(body: z.output<typeof chatBody>, provider: ProviderName): StreamRequest {
  const { temperature, max_tokens: maxOutputTokens } = body
  return {
    ...defaultsOf(provider),
    messages: parse(body.messages),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof maxOutputTokens === 'number' && { maxOutputTokens }),
  }
}

function parse(messages: unknown): NonNullable<StreamRequest['messages']> {
  try {
    // These clients send their own instructions.
    return parseMessages(messages, { roles: ['system', 'user', 'assistant'] })
  } catch (error) {
    throw StreamError.is(error) ? new Refusal('messages', error.message) : error
  }
}
