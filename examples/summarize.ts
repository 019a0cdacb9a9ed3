/**
 * A long chat whose older messages reach the model as a summary; an empty line ends it. All messages stay stored. Run it with
 * `npm run example examples/summarize.ts`.
 */

import { createInterface } from 'node:readline'
import { createStream, type Message } from 'sluice'
import {
  createConversation,
  estimateTokens,
  memoryStore,
  type SelectContext,
} from 'sluice/conversation'
import { model } from './model.ts'

/** The budget of the messages, which is small so that a few lines reach it. */
const maxTokens = 200
const driver = model()

/** The summary of each conversation, and the message that comes after it. In an application: a table. */
const summaries = new Map<string, { text: string; next: string | undefined }>()

async function summarizeOlder(
  messages: readonly Message[],
  { id, signal }: SelectContext,
): Promise<readonly Message[]> {
  const known = summaries.get(id)
  // Absent after an edit of what the summary has: then everything is summarized again.
  const start = messages.findIndex((message) => message.id === known?.next)
  const summary = start > 0 ? known?.text : undefined
  const recent = summary === undefined ? messages : messages.slice(start)
  // Calls stay with their results, because a question begins what follows the summary.
  const question = recent.findLastIndex(({ role }) => role === 'user')
  const tokens = recent.reduce((sum, message) => sum + estimateTokens(message), 0)
  if (tokens <= maxTokens || question === 0) return withSummary(summary, recent)

  const older = withSummary(summary, recent.slice(0, question))
  const instruction = 'Summarize this conversation. Keep names, numbers and decisions.'
  const messagesToSummarize = [...older, { role: 'user', content: instruction } as const]
  const text = await createStream({ driver, messages: messagesToSummarize, signal }).text()
  summaries.set(id, { text, next: recent[question]?.id })
  console.log(`(${question} messages became a summary)`)
  return withSummary(text, recent.slice(question))
}

function withSummary(text: string | undefined, messages: readonly Message[]): readonly Message[] {
  if (text === undefined) return messages
  return [{ role: 'user', content: `The conversation so far, in short: ${text}` }, ...messages]
}

const conversation = createConversation({
  id: 'terminal',
  driver,
  store: memoryStore(),
  select: summarizeOlder,
})

const lines = createInterface({ input: process.stdin })
for await (const line of lines) {
  if (line === '') break
  const { text, messageCount } = await conversation.send(line).final()
  console.log(`${text}\n(${messageCount} messages)`)
}
lines.close()
