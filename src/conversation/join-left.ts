/**
 * Joins a turn to what readers have received of it.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import { contentOfParts } from '../base/content-of-parts.js'
import type { ContentEvent, RetryEvent, Step } from '../base/events.js'
import type {
  InputPart,
  Message,
  OutputPart,
  ToolMessage,
  ToolResultPart,
} from '../base/messages.js'
import { partOfResult, withResults } from '../loop/turn-record.js'
import { isSameJson } from './same-json.js'

/** What is stored of the answer: its whole steps. */
export interface WholeSteps {
  parts: readonly OutputPart[]
  steps: readonly Step[]
  /** The ids of calls without a result, those in earlier messages included. */
  open: readonly string[]
}

/** How the turn continues. */
export interface Joined extends Pick<RetryEvent, 'mode' | 'from'> {
  /** What readers lack of the whole steps. */
  content: readonly ContentEvent[]
  /** The whole steps, with the results that readers have received. */
  parts: readonly OutputPart[]
  steps: readonly Step[]
  /** The number of their blocks. */
  blocks: number
  /** The content of the step that broke off, if the model can continue it. */
  shown: readonly ContentEvent[]
}

/**
 * Compares whole steps with the blocks that readers have received. Both are parts of one answer, and
 * each may be further than the other: the log is written after the content came, and the draft only
 * where something must not be lost.
 *
 * @param canContinue - whether the model can continue this content
 */
export function joinLeft(
  { parts, steps, open }: WholeSteps,
  blocks: readonly ContentEvent[],
  canContinue: (shown: readonly ContentEvent[]) => boolean,
): Joined {
  const { known, position } = compare(parts, blocks)
  const rest = blocks.slice(position)
  const end = endOf(blocks)
  if (known < parts.length) {
    const whole = { parts, steps, shown: [] }
    const lacking = parts.slice(known)
    const [first] = rest
    if (first === undefined) return { ...whole, ...contentFrom(end, lacking), mode: 'continue' }
    const more = rest.length === 1 ? moreOf(first, lacking) : undefined
    if (more === undefined) {
      return { ...whole, ...contentFrom(first.index, lacking), ...restart(first.index) }
    }
    const { content, blocks: count } = contentFrom(end, lacking.slice(1))
    return { ...whole, content: [more, ...content], blocks: count, mode: 'continue' }
  }
  const { results, left } = resultsIn(rest, open)
  const step = steps.at(-1)
  const shown = rest.slice(results.length)
  const [first] = shown
  const whole = {
    parts: [...parts, ...results],
    steps: step === undefined ? steps : [...steps.slice(0, -1), withResults(step, results)],
    blocks: first?.index ?? end,
    content: [],
  }
  if (first === undefined) return { ...whole, shown, mode: 'continue' }
  const relative = shown.map((event) => ({ ...event, index: event.index - first.index }))
  const continues = left.length === 0 && canContinue(relative)
  return continues
    ? { ...whole, shown: relative, mode: 'continue' }
    : { ...whole, shown: [], ...restart(first.index) }
}

/** Whether the blocks, of which there are some, are the beginning of this answer. */
export function isBeginningOf(
  blocks: readonly ContentEvent[],
  parts: readonly OutputPart[],
): boolean {
  const { mode } = joinLeft({ parts, steps: [], open: [] }, blocks, () => false)
  return blocks.length > 0 && mode === 'continue'
}

/** The ids of the calls that have no result: those of the last answer, and those of these parts. */
export function openIds(messages: readonly Message[], parts: readonly OutputPart[]): string[] {
  // After a message of the user, the model continues without the results.
  const position = messages.findLastIndex(({ role }) => role === 'assistant' || role === 'user')
  const isOfUser = messages[position]?.role === 'user'
  const before = isOfUser ? [] : messages.slice(position).flatMap(partsOfMessage)
  const open: string[] = []
  for (const part of [...before, ...parts]) {
    if (part.type === 'tool-call') open.push(part.id)
    else if (part.type === 'tool-result' && !part.preliminary) remove(open, part.id)
  }
  return open
}

function partsOfMessage({ content }: Message): readonly AnyPart[] {
  return typeof content === 'string' ? [] : content
}

type AnyPart = InputPart | OutputPart | ToolMessage['content'][number]

/** How many of the parts readers have received, and the position of the first block after them. */
function compare(
  parts: readonly OutputPart[],
  blocks: readonly ContentEvent[],
): { known: number; position: number } {
  let known = 0
  for (const [position, block] of blocks.entries()) {
    const [part] = partsOf(block)
    // A block without content is none of the parts.
    if (part === undefined) continue
    const expected = parts[known]
    if (expected === undefined || !isSamePart(part, expected)) return { known, position }
    known++
  }
  return { known, position: blocks.length }
}

function partsOf(block: ContentEvent): readonly OutputPart[] {
  const content = new Accumulator()
  content.add(block)
  return content.message().content as readonly OutputPart[]
}

/** Whether an event can hold the part. Events hold no errors of calls. */
function isSamePart(part: OutputPart, expected: OutputPart): boolean {
  const { providerOptions: _options, cache: _cache, ...fields } = expected
  const { error: _error, ...same } = { error: undefined, ...fields }
  return isSameJson(part, same)
}

/** Parts as blocks from this index on. */
function contentFrom(
  index: number,
  parts: readonly OutputPart[],
): { content: readonly ContentEvent[]; blocks: number } {
  return { content: contentOfParts(parts, index), blocks: index + parts.length }
}

/** What a block of text lacks of the first part; undefined if it is another one. */
function moreOf(block: ContentEvent, [part]: readonly OutputPart[]): ContentEvent | undefined {
  if (block.kind !== 'text' && block.kind !== 'reasoning') return undefined
  if (part?.type !== block.kind || !part.text.startsWith(block.text)) return undefined
  const { signature } = part
  if (block.signature !== undefined && block.signature !== signature) return undefined
  const text = part.text.slice(block.text.length)
  return { ...block, text, ...(signature === undefined ? {} : { signature }) }
}

/** The results that the blocks begin with, and the calls that have none. */
function resultsIn(
  blocks: readonly ContentEvent[],
  open: readonly string[],
): { results: readonly ToolResultPart[]; left: readonly string[] } {
  const results: ToolResultPart[] = []
  const left = [...open]
  for (const block of blocks) {
    if (block.kind !== 'tool-result' || block.preliminary || !remove(left, block.id)) break
    results.push(partOfResult(block))
  }
  return { results, left }
}

function remove(ids: string[], id: string): boolean {
  const position = ids.indexOf(id)
  if (position === -1) return false
  ids.splice(position, 1)
  return true
}

function restart(from: number): Pick<RetryEvent, 'mode' | 'from'> {
  return { mode: 'restart', ...(from === 0 ? {} : { from }) }
}

/** The index of the next block. */
function endOf(blocks: readonly ContentEvent[]): number {
  return blocks.reduce((end, { index }) => Math.max(end, index + 1), 0)
}
