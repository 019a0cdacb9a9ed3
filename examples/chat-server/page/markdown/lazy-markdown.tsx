/**
 * Markdown, which is loaded when somebody begins to write: an empty chat has none. Until then, and if
 * it cannot be loaded, text is plain.
 */

import { type ComponentType, useEffect, useSyncExternalStore } from 'react'
import { loadCompletions } from './completions.ts'
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

/** What an answer needs that is about to come. Never rejects. */
export async function loadForAnswer(): Promise<void> {
  await Promise.all([loadMarkdown(), loadCompletions()])
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Markdown(props: MarkdownProps) {
  const Component = useSyncExternalStore(subscribe, () => Loaded)
  const { isGrowing } = props
  useEffect(() => {
    if (Component === undefined) void loadMarkdown()
    if (isGrowing) void loadCompletions()
  }, [Component, isGrowing])
  if (Component === undefined) return <div className="markdown plain">{props.text}</div>
  return <Component {...props} />
}
