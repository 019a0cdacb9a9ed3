/**
 * Text that arrives in a burst, a piece for each frame, so that no frame has too much to do.
 */

import { useEffect, useState } from 'react'

/** The most that is added in one frame, in characters: about 300 tokens. */
const step = 1_200

/** @param isGrowing - text that is whole from the beginning is shown at once */
export function useRevealed(text: string, isGrowing: boolean): string {
  const [length, setLength] = useState(isGrowing ? step : Number.POSITIVE_INFINITY)
  const isBehind = text.length > length
  useEffect(() => {
    if (!isBehind) return undefined
    // A hidden page has no frames, and nobody waits for one.
    if (document.hidden) {
      setLength(text.length)
      return undefined
    }
    const frame = requestAnimationFrame(() => setLength(length + step))
    return () => cancelAnimationFrame(frame)
  }, [isBehind, length, text.length])
  // Growth that is not too fast is shown with the render that brings it.
  if (!isBehind && length !== Number.POSITIVE_INFINITY && length < text.length + step) {
    setLength(text.length + step)
  }
  return isBehind ? text.slice(0, length) : text
}
