/**
 * Markdown as React elements: no HTML is ever parsed, so there is nothing to sanitize.
 */

import { memo, useRef } from 'react'
import { BlockElement } from './block.tsx'
import { type Block, type ParsedText, parseText } from './blocks.ts'
import { useRevealed } from './use-revealed.ts'

export interface MarkdownProps {
  text: string
  /** The text is still growing. */
  isGrowing: boolean
}

export const Markdown = memo(({ text: given, isGrowing: mayGrow }: MarkdownProps) => {
  const shown = useRevealed(given, mayGrow)
  const isGrowing = mayGrow || shown.length < given.length
  const text = shown.includes('\r') ? shown.replace(/\r\n?/g, '\n') : shown
  const parsed = useRef<ParsedText>(undefined)
  if (parsed.current?.text !== text || parsed.current.isWhole === isGrowing) {
    parsed.current = parseText(text, !isGrowing, parsed.current)
  }
  const { blocks, isConnected } = parsed.current
  return (
    // Blocks that a definition connects are rendered anew.
    <div key={String(isConnected)} className={isGrowing ? 'markdown is-growing' : 'markdown'}>
      {blocks.map((block, index) => (
        <FinishedBlock
          key={block.start}
          block={block}
          isGrowing={isGrowing && index === blocks.length - 1}
        />
      ))}
    </div>
  )
})

interface FinishedBlockProps {
  block: Block
  isGrowing: boolean
}

/** A block is rendered again only if its text has changed. */
const FinishedBlock = memo(
  ({ block, isGrowing }: FinishedBlockProps) => (
    <BlockElement token={block.token} isGrowing={isGrowing} />
  ),
  (before, now) => before.block.raw === now.block.raw && before.isGrowing === now.isGrowing,
)
