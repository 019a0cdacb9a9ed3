/**
 * Maths in Markdown, as models write it: `\(…\)` and `$$…$$` in a line, `\[…\]` and `$$…$$` on lines
 * of their own. A single dollar is money.
 */

import { Marked, type MarkedOptions, type TokenizerExtension } from 'marked'

export interface MathsToken {
  type: 'maths'
  raw: string
  /** TeX. Empty while its end has not come: then `raw` is shown. */
  text: string
  isBlock: boolean
}

/**
 * Maths has no empty lines, so a block that is open ends with one. The first character of its end,
 * while that is the last one of the text, does not make other blocks of it.
 */
const block =
  /^ {0,3}(?:\$\$((?:[^$\n]|\$(?![^])|\n(?![ \t]*\n))+)(?:\$\$[ \t]*(?:\n|$)|$)|\\\[((?:[^\\\n]|\\(?:[^\]]|$)|\n(?![ \t]*\n))+)(?:\\\][ \t]*(?:\n|$)|$))/
const inline = /^(?:\$\$([^$\n]+)\$\$|\\\(((?:[^\\\n]|\\[^)\n])+)\\\))/
const isClosed = /(?:\$\$|\\\])\s*$/

const extensions: TokenizerExtension[] = [
  {
    name: 'maths',
    level: 'block',
    start: (source) => startOf(source, /\n {0,3}(?:\$\$|\\\[)/),
    tokenizer: (source) => toToken(block.exec(source), true),
  },
  {
    name: 'maths',
    level: 'inline',
    start: (source) => startOf(source, /\$\$|\\\(/),
    tokenizer: (source) => toToken(inline.exec(source), false),
  },
]

function startOf(source: string, pattern: RegExp): number | undefined {
  const at = source.search(pattern)
  return at === -1 ? undefined : at
}

function toToken(match: RegExpExecArray | null, isBlock: boolean): MathsToken | undefined {
  if (match === null) return undefined
  const [raw, dollars, brackets = ''] = match
  const isWhole = !isBlock || isClosed.test(raw)
  return { type: 'maths', raw, text: isWhole ? (dollars ?? brackets).trim() : '', isBlock }
}

const plain: MarkedOptions = { gfm: true }
const withMaths: MarkedOptions = new Marked({ gfm: true, extensions }).defaults

/** Text without maths is not searched for it at each place. */
export function syntaxOf(text: string): MarkedOptions {
  return /\$\$|\\[([]/.test(text) ? withMaths : plain
}
