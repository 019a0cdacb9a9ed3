/**
 * Text that arrives in a burst, a piece for each frame, so that no frame has too much to do.
 */

import { useEffect, useReducer, useRef } from 'react'

/** The most that is added in one frame, in characters: about 150 tokens. */
const step = 600

/** @param isGrowing - text that is whole from the beginning is shown at once */
export function useRevealed(text: string, isGrowing: boolean): string {
  const shown = useRef(isGrowing ? 0 : Number.POSITIVE_INFINITY)
  const [, showMore] = useReducer((count: number) => count + 1, 0)
  const length = Math.min(text.length, shown.current + step)
  const isBehind = length < text.length
  useEffect(() => {
    if (shown.current !== Number.POSITIVE_INFINITY) shown.current = length
    if (!isBehind) return undefined
    // A hidden page has no frames, and nobody waits for one.
    if (document.hidden) {
      shown.current = text.length
      showMore()
      return undefined
    }
    const frame = requestAnimationFrame(showMore)
    return () => cancelAnimationFrame(frame)
  }, [length, isBehind, text.length])
  return isBehind ? text.slice(0, length) : text
}
