/**
 * Why the last answer failed, and what helps.
 */

import type { StreamErrorCode } from 'sluice/client'
import { sentenceFor } from '../chat/sentences.ts'
import { Icon } from './icon.tsx'

export interface FailureProps {
  code: StreamErrorCode
  /** What the button says. */
  retryLabel: string
  onRetry: () => void
}

export function Failure({ code, retryLabel, onRetry }: FailureProps) {
  const { text, canRetry } = sentenceFor(code)
  return (
    <div className="failure" role="alert">
      <Icon name="warning" />
      <p>{text}</p>
      {canRetry && (
        <button type="button" className="button" onClick={onRetry}>
          {retryLabel}
        </button>
      )}
    </div>
  )
}
