/**
 * From content events to the message that they make up. The core, the browser and every page that shows a stream use this one.
 *
 * @module
 */

import type { AssistantMessage, OutputPart } from './messages.js'
import type { ContentEvent } from './types.js'

/**
 * Appending thousands of tokens to one string builds a tree of thousands of nodes. It is flattened whenever this many
 * characters have come, which keeps memory near the text's own size at a cost linear in its length.
 */
const flattenAfter = 4096

class Text {
  #flat: string[] = []
  #tail = ''

  append(text: string): void {
    this.#tail += text
    if (this.#tail.length >= flattenAfter) {
      // join() copies the tree into one flat string
      this.#flat.push([this.#tail, ''].join(''))
      this.#tail = ''
    }
  }

  toString(): string {
    if (this.#flat.length === 0) return this.#tail
    // Kept, because the text of an answer is asked for as such and as a part of its message.
    const text = this.#flat.join('') + this.#tail
    this.#flat = [text]
    this.#tail = ''
    return text
  }
}

/** One content block that is growing. */
interface Block {
  first: ContentEvent
  /** Text, reasoning, or the JSON arguments of a tool call. */
  text: Text
  signature: string | undefined
}

/** Collects the content of one stream. */
export class Accumulator {
  #blocks = new Map<number, Block>()
  #last: Block | undefined
  /** How many characters have come, voided ones included. */
  length = 0

  add(event: ContentEvent): void {
    let block = this.#last
    if (block === undefined || block.first.index !== event.index) block = this.#block(event)
    switch (event.kind) {
      case 'text':
      case 'reasoning':
        block.text.append(event.text)
        this.length += event.text.length
        break
      case 'tool-call':
        block.text.append(event.input)
        this.length += event.input.length
        // The name of a call may grow.
        block.first = event
        break
      default:
        return
    }
    if (event.signature !== undefined) block.signature = event.signature
  }

  /** Voids everything, as a `retry` with mode `restart` does. */
  reset(): void {
    this.#blocks.clear()
    this.#last = undefined
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
   * @param cut - the answer broke off, or was cut at a limit, so that the arguments of its last call may not be whole
   */
  message(cut = false): AssistantMessage {
    const content: OutputPart[] = []
    const last = [...this.#blocks.values()].findLast(({ first }) => first.kind !== 'source')
    for (const block of this.#blocks.values()) {
      const part = toPart(block, cut, block === last)
      if (part !== undefined) content.push(part)
    }
    return { role: 'assistant', content }
  }

  #block(event: ContentEvent): Block {
    let block = this.#blocks.get(event.index)
    if (block === undefined) {
      block = { first: event, text: new Text(), signature: undefined }
      this.#blocks.set(event.index, block)
    }
    this.#last = block
    return block
  }
}

function toPart(
  { first, text, signature }: Block,
  cut: boolean,
  isLast: boolean,
): OutputPart | undefined {
  const signed = signature === undefined ? {} : { signature }
  switch (first.kind) {
    case 'text': {
      const whole = text.toString()
      if (whole === '' && signature === undefined) return undefined
      return { type: 'text', text: whole, ...signed }
    }
    case 'reasoning': {
      const whole = text.toString()
      if (whole === '' && signature === undefined) return undefined
      const redacted = first.redacted ? { redacted: true as const } : {}
      return { type: 'reasoning', text: whole, ...signed, ...redacted }
    }
    case 'tool-call': {
      const { id, name, custom } = first
      const input = custom
        ? { input: text.toString(), custom }
        : parseInput(text.toString(), cut, isLast)
      return { type: 'tool-call', id, name, ...input, ...signed }
    }
    case 'source': {
      const { type: _type, index: _index, kind, ...rest } = first
      return { type: kind, ...rest }
    }
    case 'file':
      return { type: 'file', mediaType: first.mediaType, data: first.data }
  }
}

const truncated = 'The arguments were cut off before they were complete.'
const malformed = 'The arguments are not a JSON object.'

/** No text at all means no arguments, unless more was to come. */
function parseInput(
  text: string,
  cut: boolean,
  isLast: boolean,
): { input: unknown; error?: string } {
  if (text.trim() === '') return cut && isLast ? { input: text, error: truncated } : { input: {} }
  try {
    const input: unknown = JSON.parse(text) ?? {}
    if (typeof input === 'object' && !Array.isArray(input)) return { input }
  } catch {
    if (cut) return { input: text, error: truncated }
  }
  return { input: text, error: malformed }
}
