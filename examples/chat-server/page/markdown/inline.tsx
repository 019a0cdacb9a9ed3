/**
 * What stands in a line: emphasis, links, code. HTML is shown as it was written.
 */

import type { Token } from 'marked'
import type { BlockToken } from './blocks.ts'
import { decodeEntities } from './entities.ts'
import { Maths } from './maths.tsx'
import { safeUrl } from './safe-url.ts'

export function Inline({ tokens }: { tokens: readonly Token[] }) {
  return tokens.map((token, index) => (
    // oxlint-disable-next-line react/no-array-index-key
    <InlineElement key={index} token={token as BlockToken} />
  ))
}

function InlineElement({ token }: { token: BlockToken }) {
  switch (token.type) {
    case 'strong':
      return (
        <strong>
          <Inline tokens={token.tokens} />
        </strong>
      )
    case 'em':
      return (
        <em>
          <Inline tokens={token.tokens} />
        </em>
      )
    case 'del':
      return (
        <del>
          <Inline tokens={token.tokens} />
        </del>
      )
    case 'codespan':
      return <code>{token.text}</code>
    case 'maths':
      return <Maths token={token} />
    case 'br':
      return <br />
    case 'link':
      return (
        <Link href={token.href}>
          <Inline tokens={token.tokens} />
        </Link>
      )
    case 'image':
      // Loading it would send what its address says to whoever owns it.
      return <Link href={token.href}>{token.text || 'Image'}</Link>
    case 'checkbox':
      return <input type="checkbox" checked={token.checked} disabled aria-label="Task" />
    case 'html':
      return /^<br\s*\/?>$/i.test(token.raw) ? <br /> : token.raw
    case 'text':
      if (token.tokens !== undefined) return <Inline tokens={token.tokens} />
      return decodeEntities(token.text)
    default:
      return 'text' in token ? token.text : null
  }
}

function Link({ href, children }: { href: string; children: React.ReactNode }) {
  const url = safeUrl(href)
  if (url === undefined) return children
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  )
}
