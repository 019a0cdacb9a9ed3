/**
 * What stands below the last message: that the answer is awaited, or why it is not whole.
 */

import type { ShownChat } from '../chat/types.ts'
import { Failure } from './failure.tsx'

export function Ending({ chat }: { chat: ShownChat }) {
  const { status, error, messages, isEarlier } = chat
  const last = messages.at(-1)
  if (isEarlier) {
    return (
      <div className="ending">
        <p>This is an earlier version. What you write continues the newest.</p>
        <button type="button" className="button" onClick={chat.showNewest}>
          Back to the newest
        </button>
      </div>
    )
  }
  if (status === 'submitted' && last?.status !== 'streaming') {
    return (
      <p className="dots" aria-hidden="true">
        <span />
        <span />
        <span />
      </p>
    )
  }
  const hasPart = last?.role === 'assistant' && last.status !== 'done'
  // A reload finds the reason in the answer.
  const code = error?.code ?? last?.errorCode
  if (code !== undefined && code !== 'aborted' && !chat.isBusy) {
    return (
      <Failure
        code={code}
        retryLabel={hasPart ? 'Continue' : 'Try again'}
        onRetry={() => chat.continueTurn()}
      />
    )
  }
  if (chat.isBusy || !(hasPart || last?.role === 'user')) return null
  return (
    <p className="ending">
      <button type="button" className="button" onClick={() => chat.continueTurn()}>
        {hasPart ? 'Continue' : 'Try again'}
      </button>
    </p>
  )
}
