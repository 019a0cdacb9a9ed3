/**
 * Keeps the end of what scrolls in sight while it grows, as long as the reader is there.
 */

import { type RefObject, useCallback, useEffect, useState } from 'react'

/** How far from the end still counts as the end, in pixels. */
const near = 48

export interface FollowEnd {
  /** Whether the newest is in sight. */
  isAtEnd: boolean
  scrollToEnd: () => void
}

/**
 * @param scroller - its first child grows
 * @param isActive - there is something to follow
 */
export function useFollowEnd(
  scroller: RefObject<HTMLElement | null>,
  isActive: boolean,
): FollowEnd {
  const [isAtEnd, setAtEnd] = useState(true)
  useEffect(() => {
    const element = scroller.current
    const content = element?.firstElementChild
    if (!isActive || !element || !content) return undefined
    let follows = true
    let height = 0
    const look = () => {
      follows = element.scrollHeight - element.scrollTop - element.clientHeight < near
      setAtEnd(follows)
    }
    const onScroll = () => {
      // Growth moves nothing: only the reader, or this hook, scrolls.
      if (element.scrollHeight === height) look()
    }
    const observer = new ResizeObserver(() => {
      if (follows) element.scrollTop = element.scrollHeight
      height = element.scrollHeight
      look()
    })
    observer.observe(content)
    observer.observe(element)
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', onScroll)
    }
  }, [scroller, isActive])
  const scrollToEnd = useCallback(() => {
    const element = scroller.current
    element?.scrollTo({ top: element.scrollHeight })
  }, [scroller])
  return { isAtEnd, scrollToEnd }
}
