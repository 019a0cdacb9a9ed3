/**
 * The order of tool calls and their results that every provider requires.
 *
 * @module
 */

import type {
  Message,
  OutputPart,
  ToolCallPart,
  ToolMessage,
  ToolResultPart,
} from '../base/messages.js'
import { shortHash } from '../base/short-hash.js'

/**
 * Puts the results of calls right after the message with the calls. Calls without a result and
 * results without a call are left out, because providers refuse both: a history may have been cut.
 *
 * A call belongs to the first result of its id that follows. Ids may repeat, because some models
 * count from the start in each turn.
 *
 * An answer of several steps holds the results itself. It becomes one message a step.
 *
 * @param wireId - returns the id that the provider takes; called once for each call
 * @param keepsOpen - keep the calls of the last answer that have no result yet, for a reader that
 *   answers them
 */
export function arrangeCalls(
  messages: readonly Message[],
  wireId: (id: string) => string,
  keepsOpen = false,
): WireMessage[] {
  // Most conversations hold no call.
  if (messages.every(isPlain)) return [...messages]
  const results = matchResults(messages)
  const arranged: WireMessage[] = []
  const lastAnswer = messages.findLast(({ role }) => role !== 'tool')
  for (const message of messages) {
    if (message.role === 'tool') continue
    if (message.role !== 'assistant' || typeof message.content === 'string') {
      arranged.push(message)
      continue
    }
    for (const step of stepsOf(message.content)) {
      const answers: ToolResultPart[] = []
      let fields: Partial<ToolMessage> = {}
      const content = step.flatMap((part): OutputPart[] => {
        if (part.type !== 'tool-call') return [part]
        const result = results.get(part)
        const isOpen = keepsOpen && message === lastAnswer && part.error === undefined
        if (result === undefined && !isOpen) return []
        const id = wireId(part.id)
        if (result === undefined) return [{ ...part, id }]
        fields = { ...fields, ...result.message }
        answers.push({ ...result.part, id })
        return [{ ...part, id }]
      })
      arranged.push({ ...message, content })
      if (answers.length > 0) arranged.push({ ...fields, role: 'tool', content: answers })
    }
  }
  return arranged
}

/** A message as the wires write it: the results of tools are in messages of their own. */
export type WireMessage =
  | Exclude<Message, { role: 'tool' }>
  | (Omit<ToolMessage, 'content'> & { content: readonly ToolResultPart[] })

function isPlain(message: Message): message is Exclude<Message, { role: 'tool' }> {
  const { role, content } = message
  return role === 'user' || role === 'system' || typeof content === 'string'
}

/** The parts of an answer without results, divided where a step ended with results. */
function stepsOf(content: readonly OutputPart[]): OutputPart[][] {
  const steps: OutputPart[][] = [[]]
  let answered = false
  for (const part of content) {
    if (part.type === 'tool-result') answered ||= !part.preliminary
    else {
      const last = steps.at(-1) as OutputPart[]
      if (answered && last.length > 0) steps.push([part])
      else last.push(part)
      answered = false
    }
  }
  return steps
}

/** A result and the message that it came in. */
export interface MatchedResult {
  part: ToolResultPart
  /** Undefined for a result in an answer. */
  message: ToolMessage | undefined
}

/** The result of each call that has one. */
export function matchResults(messages: readonly Message[]): Map<ToolCallPart, MatchedResult> {
  const open = new Map<string, ToolCallPart[]>()
  const results = new Map<ToolCallPart, MatchedResult>()
  for (const message of messages) {
    if (typeof message.content === 'string') continue
    // Calls of one step may have one id. Then their results come in the order of the calls.
    let step = new Set<ToolCallPart>()
    for (const part of message.content) {
      // A call without a name cannot be sent.
      if (part.type === 'tool-call' && part.name !== '') {
        const same = open.get(part.id) ?? []
        if (step.has(same.at(-1) ?? part)) same.push(part)
        else open.set(part.id, [part])
        step.add(part)
      }
      if (part.type !== 'tool-result' || part.preliminary) continue
      step = new Set()
      const call = open.get(part.id)?.shift()
      if (call === undefined) continue
      results.set(call, { part, message: message.role === 'tool' ? message : undefined })
    }
  }
  return results
}

/**
 * Makes unique ids of nine letters or digits, for Mistral. An id of that form stays, and the same
 * history always gives the same ids.
 */
export function nineIds(): (id: string) => string {
  return uniqueIds((id, count) => {
    if (count > 1) return hash(`${id} ${count}`)
    return /^[a-zA-Z0-9]{9}$/.test(id) ? id : hash(id)
  })
}

/** @param write - returns the form of an id that is tried as the first, second ... one */
function uniqueIds(write: (id: string, count: number) => string): (id: string) => string {
  const given = new Set<string>()
  return (id) => {
    let count = 1
    let unique = write(id, count)
    while (given.has(unique)) unique = write(id, ++count)
    given.add(unique)
    return unique
  }
}

/** Nine letters and digits. */
function hash(text: string): string {
  return shortHash(text).padStart(9, '0')
}

/**
 * Makes ids that a provider takes: unique, without characters that it refuses, and not too long. An
 * id that is fine stays, and the same history always gives the same ids, so that the provider's
 * prompt cache holds.
 *
 * @param refused - matches each character that the wire refuses
 */
export function wireIds(maxLength: number, refused?: RegExp): (id: string) => string {
  return uniqueIds((id, count) => {
    const suffix = count > 1 ? `_${count}` : ''
    const start = id.slice(0, maxLength - suffix.length)
    return ((refused ? start.replace(refused, '_') : start) || 'call') + suffix
  })
}
