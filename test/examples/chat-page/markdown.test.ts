/**
 * The Markdown of the chat page, without a browser.
 */

import * as fc from 'fast-check'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { beforeAll, expect, test } from 'vitest'
import { type ParsedText, parseText } from '../../../examples/chat-server/page/markdown/blocks.ts'
import { loadCompletions } from '../../../examples/chat-server/page/markdown/completions.ts'
import { Markdown } from '../../../examples/chat-server/page/markdown/markdown.tsx'

beforeAll(loadCompletions)

const html = (text: string, isGrowing = false): string =>
  renderToStaticMarkup(createElement(Markdown, { text, isGrowing }))
    .replace(/^<div class="[^"]*">/, '')
    .replace(/<\/div>$/, '')

/** Pieces whose order makes every kind of block, whole and broken. */
const piece = fc.constantFrom(
  'word ',
  'two words',
  '\n',
  '\n\n',
  '**',
  '*',
  '`',
  '```',
  '```ts\n',
  '# ',
  '- ',
  '1. ',
  '  ',
  '> ',
  '| a | b |\n| - | - |\n',
  '| 1 | 2 |\n',
  '---\n',
  '[link](https://example.com)',
  '[name]',
  '[name]: https://example.com/name\n',
  '<b>',
  '&amp;',
  '\\',
)

test('text that grew is the same in the end as text that came at once', () => {
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 40 }), (pieces) => {
      let text = ''
      let parsed: ParsedText | undefined
      for (const one of pieces) {
        text += one
        parsed = parseText(text, false, parsed)
      }
      const grown = parseText(text, true, parsed)
      const whole = parseText(text, true)
      expect(grown.blocks.map(({ token }) => token.raw)).toEqual(
        whole.blocks.map(({ token }) => token.raw),
      )
    }),
    { numRuns: 2_000 },
  )
})

test('no block that is settled changes while text grows', () => {
  const text =
    '# Title\n\nOne **bold** word.\n\n- a\n- b\n\nAfter it.\n\n```ts\nlet a\n```\n\nThe end.'
  let parsed: ParsedText | undefined
  let settled: ParsedText['blocks'] = []
  for (let length = 1; length <= text.length; length++) {
    parsed = parseText(text.slice(0, length), false, parsed)
    for (const [index, block] of settled.entries()) expect(parsed.blocks[index]).toBe(block)
    settled = parsed.blocks.slice(0, -2)
  }
  expect(settled.length).toBe(4)
})

test('half-written marks do not show', () => {
  expect(html('Some **bo', true)).toBe('<p>Some <strong>bo</strong></p>')
  expect(html('A [link](https://exam', true)).toBe('<p>A link</p>')
  expect(html('Some **bo')).toBe('<p>Some **bo</p>')
})

test('HTML is text, and addresses of scripts are no links', () => {
  expect(html('<script>alert(1)</script>')).toBe('<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>')
  expect(html('[a](javascript:alert(1)) ![b](https://example.com/b.png)')).toBe(
    '<p>a <a href="https://example.com/b.png" target="_blank" rel="noopener noreferrer nofollow">b</a></p>',
  )
  expect(html('a<br>b &amp; &nbsp;c &#x41;')).toBe('<p>a<br/>b &amp; \u00a0c A</p>')
})

test('links by reference, tasks and ordered lists', () => {
  expect(html('[a]\n\n[a]: https://example.com')).toContain('href="https://example.com/"')
  expect(html('3. three\n4. four')).toMatch(/^<ol start="3"><li>three<\/li><li>four<\/li><\/ol>$/)
  expect(html('- [x] done')).toContain('type="checkbox"')
})
