/**
 * Short sentences for screen readers, in one place of the page.
 */

import { useSyncExternalStore } from 'react'

let sentence = ''
let notify = () => {}

/** The same sentence twice in a row is announced once. */
export function announce(text: string): void {
  sentence = text
  notify()
}

const subscribe = (listener: () => void) => {
  notify = listener
  return () => {
    notify = () => {}
  }
}

export function Announcer() {
  const text = useSyncExternalStore(subscribe, () => sentence)
  return (
    <p className="unseen" role="status" data-testid="announcer">
      {text}
    </p>
  )
}
