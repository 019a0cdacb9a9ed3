/**
 * Markdown, which is loaded when somebody begins to write: an empty chat has none. Until then, and if
 * it cannot be loaded, text is plain.
 */

import { type ComponentType, useEffect, useSyncExternalStore } from 'react'
import type { MarkdownProps } from './markdown.tsx'

let Loaded: ComponentType<MarkdownProps> | undefined
let loading: Promise<void> | undefined
const listeners = new Set<() => void>()

/** Never rejects. */
export function loadMarkdown(): Promise<void> {
  loading ??= import('./markdown.tsx').then(
    (module) => {
      Loaded = module.Markdown
      for (const listener of listeners) listener()
    },
    () => {
      // The next text tries again.
      loading = undefined
    },
  )
  return loading
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Markdown(props: MarkdownProps) {
  const Component = useSyncExternalStore(subscribe, () => Loaded)
  useEffect(() => {
    if (Component === undefined) void loadMarkdown()
  }, [Component])
  if (Component === undefined) return <div className="markdown plain">{props.text}</div>
  return <Component {...props} />
}
