/**
 * Colors for code. This module is loaded with the first block of code.
 */

import bash from 'highlight.js/lib/languages/bash'
import c from 'highlight.js/lib/languages/c'
import cpp from 'highlight.js/lib/languages/cpp'
import csharp from 'highlight.js/lib/languages/csharp'
import css from 'highlight.js/lib/languages/css'
import diff from 'highlight.js/lib/languages/diff'
import go from 'highlight.js/lib/languages/go'
import java from 'highlight.js/lib/languages/java'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import markdown from 'highlight.js/lib/languages/markdown'
import python from 'highlight.js/lib/languages/python'
import rust from 'highlight.js/lib/languages/rust'
import sql from 'highlight.js/lib/languages/sql'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import yaml from 'highlight.js/lib/languages/yaml'
import { createLowlight } from 'lowlight'
import type { ReactNode } from 'react'

const lowlight = createLowlight({
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  go,
  java,
  javascript,
  json,
  markdown,
  python,
  rust,
  sql,
  typescript,
  xml,
  yaml,
})

/** Longer code stays plain: coloring it would hold up the page. In characters. */
const longest = 10_000

/** @returns undefined for a language that is not in the list above */
export function highlight(code: string, language: string): ReactNode {
  if (code.length > longest || !lowlight.registered(language)) return undefined
  return toReact(lowlight.highlight(language, code).children as readonly Node[])
}

type Node =
  | { type: 'text'; value: string }
  | { type: 'element'; properties: { className?: string[] }; children: readonly Node[] }

function toReact(nodes: readonly Node[]): ReactNode {
  return nodes.map((node, index) =>
    node.type === 'text' ? (
      node.value
    ) : (
      // oxlint-disable-next-line react/no-array-index-key
      <span key={index} className={node.properties.className?.join(' ')}>
        {toReact(node.children)}
      </span>
    ),
  )
}
