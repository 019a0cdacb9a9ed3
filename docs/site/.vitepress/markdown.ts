/**
 * What the pages of `docs/` need to be read on a site: they are written for a repository.
 */

import { posix } from 'node:path'
import type { MarkdownOptions } from 'vitepress'

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0]

/** @param repository - its address, for links to files that are not pages */
export function forRepositoryPages(repository: string): (markdown: Markdown) => void {
  return (markdown) => {
    // Comments before code blocks are for the tests of the pages.
    markdown.core.ruler.before('normalize', 'comments', (state) => {
      state.src = withoutComments(state.src)
    })
    markdown.core.ruler.push('repository-links', (state) => {
      const page = String(state.env.relativePath ?? '')
      for (const { children } of state.tokens) {
        for (const token of children ?? []) {
          const href = token.type === 'link_open' ? token.attrGet('href') : null
          if (href !== null) token.attrSet('href', addressOf(href, page, repository))
        }
      }
    })
  }
}

/** The number of lines stays the same. */
function withoutComments(source: string): string {
  return source
    .split(/^(```[^]*?^```$)/m)
    .map((part, index) => (index % 2 === 1 ? part : blank(part)))
    .join('')
}

// A prelude holds no fence at the beginning of a line, so that it is in one part.
function blank(part: string): string {
  return part.replace(/^<!--[^]*?-->$/gm, (comment) => comment.replace(/[^\n]/g, ''))
}

/** Files beside `docs/` are in the repository. */
function addressOf(href: string, page: string, repository: string): string {
  if (/^([a-z]+:|#|\/)/.test(href)) return href
  const path = posix.join('docs', posix.dirname(page), href)
  if (path.startsWith('docs/')) return href
  const kind = /\.\w+(#.*)?$/.test(path) ? 'blob' : 'tree'
  return `${repository}/${kind}/main/${path}`
}
