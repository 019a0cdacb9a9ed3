/**
 * A block of code, with its language and a button that copies it.
 */

import { type ReactNode, useEffect, useState } from 'react'
import { whenIdle } from '../chat/when-idle.ts'
import { CopyButton } from '../components/copy-button.tsx'

export interface CodeBlockProps {
  code: string
  language: string | undefined
  isGrowing: boolean
}

export function CodeBlock({ code, language = '', isGrowing }: CodeBlockProps) {
  const [name = ''] = language.split(/\s/, 1)
  const colored = useHighlight(code, name, isGrowing)
  return (
    <figure className="code" aria-label={name === '' ? 'Code' : `Code, ${name}`}>
      <figcaption>
        <span>{name === '' ? 'text' : name}</span>
        <CopyButton text={code} label="Copy code" />
      </figcaption>
      {/* Focusable, so that long lines can be scrolled by the keyboard.
          oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        <code>{colored ?? code}</code>
      </pre>
    </figure>
  )
}

/** The colors come once the block is whole, so that growing code costs nothing. */
function useHighlight(code: string, language: string, isGrowing: boolean): ReactNode {
  const [colored, setColored] = useState<{ code: string; nodes: ReactNode }>()
  useEffect(() => {
    if (isGrowing || language === '') return undefined
    let cancel = () => {}
    let isCurrent = true
    import('./highlight.tsx')
      .then(({ highlight }) => {
        if (!isCurrent) return
        cancel = whenIdle(() => {
          const nodes = highlight(code, language)
          if (nodes !== undefined) setColored({ code, nodes })
        })
      })
      // Without a connection, the code is plain.
      .catch(() => {})
    return () => {
      isCurrent = false
      cancel()
    }
  }, [code, language, isGrowing])
  return colored?.code === code ? colored.nodes : undefined
}
