/**
 * What the model thinks before it answers: folded, with the time it took.
 */

import { useEffect, useRef, useState } from 'react'
import { Markdown } from '../markdown/lazy-markdown.tsx'
import { Icon } from './icon.tsx'

export function Reasoning({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const seconds = useSeconds(isGrowing)
  return (
    <details className={`fold reasoning ${isGrowing ? 'is-growing' : ''}`}>
      <summary>
        <Icon name="chevron" />
        {label(isGrowing, seconds)}
      </summary>
      <Markdown text={text} isGrowing={isGrowing} />
    </details>
  )
}

function label(isGrowing: boolean, seconds: number | undefined): string {
  if (isGrowing) return 'Thinking…'
  // Of an answer that this page has not seen grow, the time is not known.
  if (seconds === undefined) return 'Reasoning'
  return seconds < 1 ? 'Thought for a moment' : `Thought for ${seconds} s`
}

function useSeconds(isGrowing: boolean): number | undefined {
  const begun = useRef<number>(undefined)
  const [seconds, setSeconds] = useState<number>()
  useEffect(() => {
    if (isGrowing) begun.current ??= performance.now()
    else if (begun.current !== undefined) {
      setSeconds(Math.round((performance.now() - begun.current) / 1_000))
    }
  }, [isGrowing])
  return seconds
}
