/**
 * Text that grows, as Markdown blocks. Only the end of it is parsed again, because what comes before
 * the last two blocks hardly ever changes anymore. The whole text is parsed once more.
 */

import { Lexer, type MarkedToken } from 'marked'
import { completed } from './completions.ts'
import { type MathsToken, syntaxOf } from './maths-syntax.ts'

export type BlockToken = MarkedToken | MathsToken

export interface Block {
  /** The position in the text, which is the same while the text grows. */
  start: number
  raw: string
  token: BlockToken
}

export interface ParsedText {
  text: string
  isWhole: boolean
  blocks: readonly Block[]
  /** It defines links, which change what other blocks show. */
  isConnected: boolean
}

/** Such as `[1]: https://example.com`. */
const definition = /^ {0,3}\[[^\]\n]+\]:/m

/** How many blocks at the end may still change: a list can take the paragraph after it. */
const unsettled = 2

/** @param before - the same text when it was shorter */
export function parseText(text: string, isWhole: boolean, before?: ParsedText): ParsedText {
  // References to links can stand before what they refer to.
  const isConnected = isWhole && definition.test(text)
  const canKeep = !isConnected && before !== undefined && text.startsWith(before.text)
  const old = canKeep ? before.blocks.slice(0, -unsettled) : []
  if (isWhole) return { text, isWhole, blocks: reuse(old, parse(text, 0)), isConnected }
  const last = old.at(-1)
  const from = last === undefined ? 0 : last.start + last.raw.length
  const blocks = [...old, ...parse(completed(text.slice(from)), from)]
  return { text, isWhole, blocks, isConnected }
}

/** The old block in place of each new one that equals it, so that it is not rendered again. */
function reuse(old: readonly Block[], blocks: readonly Block[]): Block[] {
  return blocks.map((block, index) => {
    const same = old[index]
    const isEqual =
      same?.start === block.start && same.raw === block.raw && same.token.type === block.token.type
    return isEqual ? same : block
  })
}

function parse(text: string, from: number): Block[] {
  const blocks: Block[] = []
  let start = from
  for (const token of new Lexer(syntaxOf(text)).lex(text) as BlockToken[]) {
    const { raw } = token
    const previous = blocks.at(-1)
    // Empty lines belong to the block before them, so that positions add up.
    if (token.type === 'space' && previous !== undefined) previous.raw += raw
    else blocks.push({ start, raw, token })
    start += raw.length
  }
  return blocks
}
