/**
 * Blocks: paragraphs, headings, lists, quotes, tables and code.
 */

import type { Token, Tokens } from 'marked'
import { memo } from 'react'
import type { BlockToken } from './blocks.ts'
import { CodeBlock } from './code-block.tsx'
import { Inline } from './inline.tsx'
import { Maths } from './maths.tsx'

export interface BlockProps {
  token: BlockToken
  /** Whether text may follow inside of it. */
  isGrowing: boolean
}

export function BlockElement({ token, isGrowing }: BlockProps) {
  switch (token.type) {
    case 'paragraph':
      return (
        <p>
          <Inline tokens={token.tokens} />
        </p>
      )
    case 'heading': {
      // The page has an h1 of its own, and each message an h2.
      const Heading = `h${Math.min(token.depth + 2, 6)}` as 'h3'
      return (
        <Heading>
          <Inline tokens={token.tokens} />
        </Heading>
      )
    }
    case 'code':
      return <CodeBlock code={token.text} language={token.lang} isGrowing={isGrowing} />
    case 'maths':
      return <Maths token={token} />
    case 'list':
      return <List token={token} isGrowing={isGrowing} />
    case 'blockquote':
      return (
        <blockquote>
          <Blocks tokens={token.tokens} isGrowing={isGrowing} />
        </blockquote>
      )
    case 'table':
      return <Table token={token} />
    case 'hr':
      return <hr />
    case 'html':
      return <p>{token.text.trimEnd()}</p>
    case 'text':
      return <Inline tokens={token.tokens ?? [token]} />
    case 'checkbox':
      return <Inline tokens={[token]} />
    default:
      return null
  }
}

function Blocks({ tokens, isGrowing }: { tokens: readonly Token[]; isGrowing: boolean }) {
  // Blocks are only added at the end, so a position stands for the same block.
  return tokens.map((token, index) => (
    <BlockElement
      // oxlint-disable-next-line react/no-array-index-key
      key={index}
      token={token as BlockToken}
      isGrowing={isGrowing && index === tokens.length - 1}
    />
  ))
}

function List({ token, isGrowing }: { token: Tokens.List; isGrowing: boolean }) {
  const items = token.items.map((item, index) => (
    <ListItem
      // oxlint-disable-next-line react/no-array-index-key
      key={index}
      item={item}
      isGrowing={isGrowing && index === token.items.length - 1}
    />
  ))
  if (!token.ordered) return <ul>{items}</ul>
  return <ol start={token.start === '' ? 1 : token.start}>{items}</ol>
}

/** Of a long list that grows, only the end is rendered again. */
const ListItem = memo(
  ({ item, isGrowing }: { item: Tokens.ListItem; isGrowing: boolean }) => (
    <li className={item.task ? 'task' : undefined}>
      <Blocks tokens={item.tokens} isGrowing={isGrowing} />
    </li>
  ),
  (before, now) =>
    before.item.raw === now.item.raw &&
    before.item.loose === now.item.loose &&
    before.isGrowing === now.isGrowing,
)

/** Wide tables scroll on their own, also by the keyboard. */
function Table({ token: { header, rows } }: { token: Tokens.Table }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table" role="region" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <Row cells={header} />
        </thead>
        <tbody>
          {rows.map((cells, index) => (
            // oxlint-disable-next-line react/no-array-index-key
            <Row key={index} cells={cells} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Of a long table that grows, only the end is rendered again. */
const Row = memo(
  ({ cells }: { cells: readonly Tokens.TableCell[] }) => (
    <tr>
      {cells.map(({ header, align, tokens }, index) => {
        const Cell = header ? 'th' : 'td'
        return (
          // oxlint-disable-next-line react/no-array-index-key
          <Cell key={index} className={align === null ? undefined : `align-${align}`}>
            <Inline tokens={tokens} />
          </Cell>
        )
      })}
    </tr>
  ),
  (before, now) =>
    before.cells.length === now.cells.length &&
    now.cells.every(({ text, align }, index) => {
      const cell = before.cells[index]
      return cell?.text === text && cell.align === align
    }),
)
