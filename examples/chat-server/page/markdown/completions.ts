/**
 * Completes Markdown whose end has not come, such as `**bold`. It is loaded with the first text that
 * grows: what an earlier page has received is whole.
 */

import type { RemendOptions } from 'remend'

let complete: ((text: string, options: RemendOptions) => string) | undefined
let loading: Promise<void> | undefined

/** Only the end of the text may be completed: changes elsewhere would move what is kept. */
const options: RemendOptions = { comparisonOperators: false, singleTilde: false }

export function completed(text: string): string {
  return complete?.(text, options) ?? text
}

/** Never rejects. */
export function loadCompletions(): Promise<void> {
  loading ??= import('remend').then(
    (module) => {
      complete = module.default
    },
    () => {
      // The next text tries again.
      loading = undefined
    },
  )
  return loading
}
