/**
 * A formula, as MathML, which browsers set by themselves. What makes it of TeX is loaded with the
 * first formula; until then, and if it cannot be read, it is shown as it was written.
 */

import { useEffect, useRef, useState } from 'react'
import type { MathsToken } from './maths-syntax.ts'

export function Maths({ token: { raw, text, isBlock } }: { token: MathsToken }) {
  const place = useRef<HTMLSpanElement>(null)
  const [shown, setShown] = useState<string>()
  useEffect(() => {
    if (text === '') return undefined
    let isCurrent = true
    import('katex')
      .then(({ default: katex }) => {
        if (!isCurrent || place.current === null) return
        const limits = { maxSize: 20, maxExpand: 500, trust: false, strict: 'ignore' } as const
        katex.render(text, place.current, { output: 'mathml', displayMode: isBlock, ...limits })
        setShown(text)
      })
      // Without a connection, or for what is no TeX.
      .catch(() => {})
    return () => {
      isCurrent = false
    }
  }, [text, isBlock])
  const isShown = shown === text && text !== ''
  const formula = <span ref={place} hidden={!isShown} />
  if (!isBlock) {
    return (
      <>
        {!isShown && raw}
        {formula}
      </>
    )
  }
  return (
    // Wide ones scroll on their own, also by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="maths" role="region" aria-label="Formula" tabIndex={0}>
      {!isShown && raw.trim()}
      {formula}
    </div>
  )
}
