/**
 * The code blocks of the pages, with what comments before them say:
 *
 * - `<!-- prelude: code -->` is TypeScript that stands before the block where it is compiled and run, `<!-- afterwards: code -->` after it;
 * - `<!-- file: server.js -->` makes the block a file of the page's project, which a test of its own runs;
 * - `<!-- compiled, not run: reason -->` and `<!-- not checked: reason -->` need a reason;
 */

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

/** The paths of all pages, from the root of the repository. */
export const pages: readonly string[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md') || name === 'llms.txt'),
  ...['docs', 'docs/providers', 'docs/recipes', 'docs/site'].flatMap((folder) =>
    readdirSync(root + folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
]

export interface Block {
  page: string
  /** That of its first line of code, from 1. */
  line: number
  language: string
  code: string
  /** With the line where it begins. */
  prelude?: { line: number; code: string }
  /** What uses the block, and tells whether it does what the page says. */
  afterwards?: string
  file?: string
  /** Why it is not run. */
  notRun?: string
  /** Why nothing is done with it. */
  notChecked?: string
}

const directive = /^(prelude|afterwards|file|compiled, not run|not checked):\s?([^]*)$/

export function blocksOf(page: string, text: string = readFileSync(root + page, 'utf8')): Block[] {
  const blocks: Block[] = []
  const lines = text.split('\n')
  let given: Partial<Block> = {}
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line.startsWith('<!--')) {
      const end = lines.findIndex((other, index) => index >= at && other.endsWith('-->'))
      if (end === -1) throw new Error(`${page}:${at + 1}: this comment has no end.`)
      const comment = lines
        .slice(at, end + 1)
        .join('\n')
        .slice(4, -3)
        .trim()
      given = { ...given, ...parseComment(comment, `${page}:${at + 1}`) }
      if (given.prelude) given.prelude.line ||= at + 1
      at = end
    } else if (/^\s+(```|~~~)/.test(line) || line.startsWith('~~~')) {
      throw new Error(`${page}:${at + 1}: a block begins with \`\`\` at the beginning of a line.`)
    } else if (line.startsWith('```')) {
      const end = lines.indexOf('```', at + 1)
      if (end === -1) throw new Error(`${page}:${at + 1}: this block has no end.`)
      const code = lines.slice(at + 1, end).join('\n')
      blocks.push({ page, line: at + 2, language: line.slice(3).trim(), code, ...given })
      given = {}
      at = end
    } else if (line.trim() !== '') {
      if (Object.keys(given).length > 0) {
        throw new Error(`${page}:${at + 1}: the comment before this line belongs to a block.`)
      }
    }
  }
  return blocks
}

function parseComment(comment: string, place: string): Partial<Block> {
  const [, name, value = ''] = directive.exec(comment) ?? []
  if (name === undefined) throw new Error(`${place}: nothing is known of this kind of comment.`)
  const text = value.trim()
  if (text === '') throw new Error(`${place}: "${name}:" says nothing.`)
  if (name === 'prelude') return { prelude: { line: 0, code: value.trimEnd() } }
  if (name === 'afterwards') return { afterwards: text }
  if (name === 'file') return { file: text }
  return name === 'not checked' ? { notChecked: text } : { notRun: text }
}

/**
 * A block as a module of its own. Its lines, and those of its prelude, have the numbers that they have in the page, so that what
 * the compiler says of one is true of the other.
 */
export function moduleOf({ line, code, prelude, afterwards = '' }: Block): string {
  const before = prelude === undefined ? [] : prelude.code.split('\n')
  const lines: string[] = Array.from({ length: (prelude?.line ?? line) - 1 }, () => '')
  lines.push(...before)
  while (lines.length < line - 1) lines.push('')
  return `${[...lines, code].join('\n')}\n${afterwards}\nexport {}\n`
}
