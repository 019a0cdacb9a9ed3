/**
 * The conversation that a request body holds, and the answer that proves it arrived.
 *
 * @module
 */

/** A message, reduced to its role and its text. */
interface SentMessage {
  role: string
  text: string
}

/** What every wire sends, reduced to text. */
export interface SentConversation {
  /** The system prompt; empty where there is none. */
  system: string
  /** All other messages, oldest first. */
  messages: readonly SentMessage[]
}

/**
 * Reads any wire: system prompts are messages in one and a field in the others; the messages have names of their own in each, and
 * so have their texts.
 */
export function readConversation(body: unknown): SentConversation {
  const { system, instructions, systemInstruction, messages, input, contents } = fields(body)
  const asked = typeof input === 'string' ? [{ role: 'user', content: input }] : input
  const all = listOf(messages ?? asked ?? contents).flatMap((message): SentMessage[] => {
    const { type, role, content, parts, output } = fields(message)
    if (type === 'reasoning') return []
    const speaker = typeof role === 'string' ? role : speakerOf(type, output)
    return [{ role: speaker, text: textOf(content ?? parts ?? output) }]
  })
  const isSystem = ({ role }: SentMessage): boolean => role === 'system' || role === 'developer'
  const fieldsOfSystem = [system, instructions, fields(systemInstruction).parts].map(textOf)
  const prompts = [...fieldsOfSystem, ...all.filter(isSystem).map(({ text }) => text)]
  return {
    system: prompts.filter((text) => text !== '').join('\n'),
    messages: all.filter((message) => !isSystem(message)),
  }
}

/**
 * The answer of a model that has nothing to say, but has read everything: 40 to 80 words for short
 * prompts.
 *
 * @param results - of tools, in this turn
 */
export function defaultAnswer(
  { system, messages }: SentConversation,
  results: readonly string[] = [],
): string {
  const asked = messages.filter(({ role, text }) => role === 'user' && text !== '')
  const first = asked[0]
  const last = asked.at(-1)
  const count = `${messages.length} message${messages.length === 1 ? '' : 's'}`
  const sentences = [
    'Olá! 👋 This is a simulated model, so the answer is canned, but it did read what you sent.',
    last ? `You asked: "${clip(last.text)}".` : 'You asked nothing.',
    results.length > 0 ? `The tools returned: ${results.map(quote).join(', ')}.` : '',
    `The conversation came with ${count}.`,
    first !== last && first ? `It began with: "${clip(first.text)}".` : '',
    system === '' ? '' : `The instructions are: "${clip(system)}".`,
    'Every word arrives as an event of its own, like water through a sluice, until the last one says that the answer is whole. Voilà, déjà fini! 🌊',
  ]
  return sentences.filter((sentence) => sentence !== '').join(' ')
}

/** A word with the space before it. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

/** An object's fields; none where it is not an object. */
export function fields(value: unknown): Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? value : {}
}

/** Without a role: the items of the Responses wire that are calls and their results, and Gemini's only question. */
function speakerOf(type: unknown, output: unknown): string {
  if (type === undefined) return 'user'
  return output === undefined ? 'assistant' : 'tool'
}

/** The elements of an array; none where it is not one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The text of content of any wire. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const texts = listOf(content).map((part) => fields(part).text)
  return texts.filter((text) => typeof text === 'string').join('')
}

function quote(text: string): string {
  return `"${clip(text)}"`
}

function clip(text: string): string {
  const characters = [...text]
  return characters.length > 200 ? `${characters.slice(0, 200).join('')}…` : text
}
