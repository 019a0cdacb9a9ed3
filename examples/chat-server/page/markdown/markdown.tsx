/**
 * Markdown as React elements: no HTML is ever parsed, so there is nothing to sanitize.
 */

import { memo, useRef } from 'react'
import { BlockElement } from './block.tsx'
import { type Block, type ParsedText, parseText } from './blocks.ts'

export interface MarkdownProps {
  text: string
  /** The text is still growing. */
  isGrowing: boolean
}

export const Markdown = memo(({ text: given, isGrowing }: MarkdownProps) => {
  const text = given.includes('\r') ? given.replace(/\r\n?/g, '\n') : given
  const parsed = useRef<ParsedText>(undefined)
  if (parsed.current?.text !== text || parsed.current.isWhole === isGrowing) {
    parsed.current = parseText(text, !isGrowing, parsed.current)
  }
  const { blocks, definitions } = parsed.current
  return (
    <div className="markdown">
      {blocks.map((block, index) => (
        <FinishedBlock
          key={block.start}
          block={block}
          definitions={definitions}
          isGrowing={isGrowing && index === blocks.length - 1}
        />
      ))}
    </div>
  )
})

interface FinishedBlockProps {
  block: Block
  definitions: number
  isGrowing: boolean
}

/** A block is rendered again only if its text has changed. */
const FinishedBlock = memo(
  ({ block, isGrowing }: FinishedBlockProps) => (
    <BlockElement token={block.token} isGrowing={isGrowing} />
  ),
  (before, now) =>
    before.block.raw === now.block.raw &&
    before.isGrowing === now.isGrowing &&
    before.definitions === now.definitions,
)
