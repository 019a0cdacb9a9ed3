/**
 * Builds a message from content events, in the core and in the browser.
 *
 * @module
 */

import type { ReasoningContent } from './content-kinds.js'
import { type ContentEvent, type StreamEvent, textOf } from './events.js'
import { exceededBound } from './json-bounds.js'
import type { AssistantMessage, OutputPart } from './messages.js'

/**
 * The number of characters that are appended before the string is flattened. Appending thousands of
 * tokens to one string builds a tree of thousands of nodes. Flattening keeps the memory near the
 * size of the text, at a cost linear in its length.
 */
const flattenAfter = 4096

class Text {
  /** A tree of flat pieces, which the first read flattens. */
  #text = ''
  #tail = ''

  append(text: string): void {
    this.#tail += text
    if (this.#tail.length < flattenAfter) return
    // join() copies the tree into one flat string.
    this.#text += [this.#tail, ''].join('')
    this.#tail = ''
  }

  toString(): string {
    // Kept, because the text of an answer is read on its own and as a part of its message.
    this.#text += this.#tail
    this.#tail = ''
    return this.#text
  }
}

/** Whether an answer is not whole, and what is known of its calls. */
export type Cut = boolean | 'unknown'

/** One content block that is growing. */
interface Block {
  first: ContentEvent
  /** Text, reasoning, or the JSON arguments of a tool call. */
  text: Text
  signature: string | undefined
  seal?: string
  /** The part as last returned; undefined once more content has arrived. */
  part: OutputPart | undefined
}

/**
 * Collects the content of one stream. A returned message is never changed afterwards. As long as no
 * content arrives, the same object is returned, down to each part, so a page can render after each
 * event and compare by identity.
 *
 * @example
 * ```ts
 * const answer = new Accumulator()
 * for await (const event of stream) {
 *   answer.add(event)
 *   show(answer.text())
 * }
 * ```
 */
export class Accumulator {
  #blocks = new Map<number, Block>()
  #last: Block | undefined
  #message: AssistantMessage | undefined
  /** The number of characters received, discarded ones included. */
  length = 0

  /**
   * Adds content. A `retry` with mode `restart` discards the blocks from `from` on. Other events
   * change nothing.
   */
  add(event: StreamEvent): void {
    if (event.type !== 'content') {
      if (event.type === 'retry' && event.mode === 'restart') this.reset(event.from)
      return
    }
    this.#message = undefined
    let block = this.#last
    if (block === undefined || block.first.index !== event.index) block = this.#block(event)
    const text = textOf(event)
    if (text === undefined) {
      // What comes whole replaces what came before at its place.
      block.first = event
      block.part = undefined
      return
    }
    this.length += text.length
    block.text.append(text)
    // The name of a call may grow.
    if (event.kind === 'tool-call') block.first = event
    block.part = undefined
    const { signature, seal } = event as { signature?: string; seal?: string }
    if (signature !== undefined) block.signature = signature
    if (seal !== undefined) block.seal = seal
  }

  /** Discards the blocks from this index on, as a `retry` with mode `restart` does. */
  reset(from: number = 0): void {
    for (const index of this.#blocks.keys()) if (index >= from) this.#blocks.delete(index)
    this.#last = undefined
    this.#message = undefined
  }

  /** The number of characters that stand. */
  keptLength(): number {
    let length = 0
    for (const { text } of this.#blocks.values()) length += text.toString().length
    return length
  }

  /** All `text` content so far, joined. */
  text(): string {
    let text = ''
    for (const block of this.#blocks.values()) {
      if (block.first.kind === 'text') text += block.text.toString()
    }
    return text
  }

  /**
   * The message so far, without empty parts.
   *
   * @param cut - after the end: whether the answer broke off or reached a limit. Its calls carry an
   * `error` then, because they must not be run; `unknown` if they may have been run elsewhere.
   * Undefined while more may arrive: arguments that cannot be parsed are no error then, and stay
   * text
   * @param from - the first block that `cut` is about: the steps before it are whole, and so are
   * those whose calls have a seal
   */
  message(cut?: Cut, from: number = 0): AssistantMessage {
    if (cut === undefined && this.#message !== undefined) return this.#message
    const content: OutputPart[] = []
    const blocks = [...this.#blocks.values()]
    const last = blocks.findLast(({ first }) => first.kind !== 'source')
    const whole = cut ? Math.max(from, this.#afterResults()) : 0
    for (const [index, block] of this.#blocks) {
      const part =
        cut === undefined
          ? (block.part ??= toPart(block))
          : toPart(block, block.seal === undefined && index >= whole && cut, block === last)
      if (part !== undefined) content.push(part)
    }
    const message: AssistantMessage = { role: 'assistant', content }
    if (cut === undefined) this.#message = message
    return message
  }

  /** The first block after the last result: tools run for whole steps only. */
  #afterResults(): number {
    let after = 0
    for (const [index, { first }] of this.#blocks) {
      if (first.kind === 'tool-result' && index >= after) after = index + 1
    }
    return after
  }

  #block(event: ContentEvent): Block {
    let block = this.#blocks.get(event.index)
    if (block === undefined) {
      block = { first: event, text: new Text(), signature: undefined, part: undefined }
      this.#blocks.set(event.index, block)
    }
    this.#last = block
    return block
  }
}

function toPart(
  { first, text, signature, seal }: Block,
  cut?: Cut,
  isLast?: boolean,
): OutputPart | undefined {
  const signed = signature !== undefined && { signature }
  switch (first.kind) {
    case 'text':
    case 'reasoning': {
      const whole = text.toString()
      if (whole === '' && signature === undefined) return undefined
      const { redacted } = first as ReasoningContent
      return { type: first.kind, text: whole, ...signed, ...(redacted && { redacted }) }
    }
    case 'tool-call': {
      const { id, name, custom } = first
      const input = custom
        ? { input: text.toString(), ...(cut && { error: noRun(cut) }), custom }
        : parseInput(text.toString(), cut, isLast)
      const sealed = seal !== undefined && !('error' in input) && { seal }
      return { type: 'tool-call', id, name, ...input, ...signed, ...sealed }
    }
    default: {
      const { type: _type, index: _index, kind, ...rest } = first
      // After the end it would pass for the result of a run that never ended.
      if (kind === 'tool-result' && first.preliminary && cut !== undefined) return undefined
      return { type: kind, ...rest } as OutputPart
    }
  }
}

const truncated = 'The arguments were cut off before they were complete.'
const malformed = 'The arguments are not a JSON object.'
const notRun = 'The answer broke off or reached a limit, so this call was not run.'
const unknown = 'The answer broke off, so this call was not run, or its result was lost.'

function noRun(cut: Cut): string {
  return cut === 'unknown' ? unknown : notRun
}

/** Parses the arguments of a call. Empty text means no arguments, unless the call was cut off. */
function parseInput(
  text: string,
  cut: Cut | undefined,
  isLast: boolean | undefined,
): { input: unknown; error?: string } {
  const failure = cut && { error: noRun(cut) }
  if (text.trim() === '') {
    return cut && isLast ? { input: text, error: truncated } : { input: {}, ...failure }
  }
  let error = malformed
  try {
    if (exceededBound(text) === undefined) {
      const input: unknown = JSON.parse(text) ?? {}
      if (typeof input === 'object' && !Array.isArray(input)) {
        return { input, ...failure }
      }
    }
  } catch {
    if (cut) error = truncated
  }
  return cut === undefined ? { input: text } : { input: text, error }
}
