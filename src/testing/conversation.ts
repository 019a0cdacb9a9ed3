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

/** What both wires send, reduced to text. */
export interface SentConversation {
  /** The system prompt; empty where there is none. */
  system: string
  /** All other messages, oldest first. */
  messages: readonly SentMessage[]
}

/** Reads either wire: system prompts are messages in one and a field in the other, the rest is alike. */
export function readConversation(body: unknown): SentConversation {
  const { system, messages } = fields(body)
  const all = (Array.isArray(messages) ? messages : []).map((message): SentMessage => {
    const { role, content } = fields(message)
    return { role: typeof role === 'string' ? role : '', text: textOf(content) }
  })
  const isSystem = ({ role }: SentMessage): boolean => role === 'system' || role === 'developer'
  const prompts = [textOf(system), ...all.filter(isSystem).map(({ text }) => text)]
  return {
    system: prompts.filter((text) => text !== '').join('\n'),
    messages: all.filter((message) => !isSystem(message)),
  }
}

/** The answer of a model that has nothing to say, but has read everything: 40 to 80 words for short prompts. */
export function defaultAnswer({ system, messages }: SentConversation): string {
  const asked = messages.filter(({ role, text }) => role === 'user' && text !== '')
  const first = asked[0]
  const last = asked.at(-1)
  const count = `${messages.length} message${messages.length === 1 ? '' : 's'}`
  const sentences = [
    'Olá! 👋 This is a simulated model, so the answer is canned, but it did read what you sent.',
    last ? `You asked: "${clip(last.text)}".` : 'You asked nothing.',
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

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  const texts = content.map((part) => fields(part).text)
  return texts.filter((text) => typeof text === 'string').join('')
}

function clip(text: string): string {
  const characters = [...text]
  return characters.length > 200 ? `${characters.slice(0, 200).join('')}…` : text
}
