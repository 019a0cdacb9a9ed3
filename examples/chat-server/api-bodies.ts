/**
 * What the routes of the page accept.
 */

import { type Message, parseMessages, StreamError } from 'sluice'
import { z } from 'zod'
import { providerNames } from './providers.ts'
import { check, Refusal } from './read-body.ts'

const conversationId = z.string().regex(/^[\w-]{1,64}$/, 'Needs 1 to 64 letters, digits, _ or -.')

const key = z
  .string()
  .regex(
    /^[\w-]{1,64}\.[\w-]{1,64}$/,
    'Needs the id of the conversation, a dot, and a unique name.',
  )

export const turnBody = z.object({ key, provider: z.enum(providerNames).default('openai') })

export const messageBody = turnBody.extend({ message: z.unknown() })

const messageId = z.string().min(1).max(200)

export const editBody = messageBody.extend({ messageId })

export const regenerateBody = turnBody.extend({ messageId: messageId.optional() })

export const titleBody = z.object({ title: z.string().trim().min(1).max(200) })

/** Images are a part of a message. */
export const maxBytes = 20_000_000

/** @throws Refusal */
export function checkConversationId(id: string): string {
  return check({ id }, z.object({ id: conversationId })).id
}

/** @throws Refusal */
export function checkKey(value: string): string {
  return check({ key: value }, z.object({ key })).key
}

/**
 * The message of a client: text, parts, or a whole message. It never speaks for the model, and never
 * instructs it.
 *
 * @throws Refusal
 */
export function parseMessage(given: unknown, roles: ('user' | 'tool')[]): Message {
  const isContent = typeof given === 'string' || Array.isArray(given)
  const message = isContent ? { role: 'user', content: given } : given
  try {
    const [parsed] = parseMessages([message], { roles, maxCharacters: 100_000 })
    if (parsed !== undefined && parsed.content.length > 0) return parsed
  } catch (error) {
    if (StreamError.is(error)) throw new Refusal('message', error.message)
    throw error
  }
  throw new Refusal('message', 'Must not be empty.')
}

/** Of a conversation, before anybody has given it one. */
export function titleOf({ content }: Message): string {
  const texts =
    typeof content === 'string' ? [content] : content.map((part) => 'text' in part && part.text)
  const words = texts
    .filter((text) => typeof text === 'string')
    .join(' ')
    .trim()
  return [...words].slice(0, 60).join('') || 'Untitled'
}

/**
 * Refuses answers to calls that do not wait for them, such as an invented result of a tool that runs
 * here.
 *
 * @param messages - of the conversation
 * @throws Refusal
 */
export function checkToolAnswers(
  { role, content }: Message,
  messages: readonly Message[],
  tools: Readonly<Record<string, { run?: unknown; approve?: unknown }>>,
): void {
  if (role !== 'tool') return
  const parts = messages.findLast((message) => message.role === 'assistant')?.content ?? []
  const said = typeof parts === 'string' ? [] : parts
  for (const answer of typeof content === 'string' ? [] : content) {
    if (answer.type !== 'tool-result' && answer.type !== 'tool-approval') continue
    const call = said.find((part) => part.type === 'tool-call' && part.id === answer.id)
    const hasResult = said.some((part) => part.type === 'tool-result' && part.id === answer.id)
    const tool = call?.type === 'tool-call' ? tools[call.name] : undefined
    const isExpected = answer.type === 'tool-result' ? tool?.run === undefined : tool?.approve
    if (tool !== undefined && !hasResult && isExpected) continue
    throw new Refusal('message', `No call ${answer.id} waits for a ${answer.type}.`)
  }
}
