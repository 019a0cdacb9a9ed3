/**
 * An answer of the model, which can be copied and regenerated.
 */

import { partsOf, textOf } from '../chat/message-parts.ts'
import type { ChatMessage } from '../chat/types.ts'
import { Answer } from './answer.tsx'
import { BranchPicker } from './branch-picker.tsx'
import { CopyButton } from './copy-button.tsx'
import { IconButton } from './icon-button.tsx'
import type { MessageProps } from './message-props.ts'

export function Reply(props: MessageProps) {
  const { message, calls, branch, isContinued, isIdle, isEarlier, actions } = props
  const { status } = message
  const isStreaming = status === 'streaming'
  const text = textOf(message)
  const mark = marks[status]
  // Somebody is asked something first.
  const isWaiting = calls.some((call) => call.state === 'waiting' || call.state === 'running')
  return (
    <article className="message answer">
      <h2 className="unseen">Answer</h2>
      <Answer
        parts={partsOf(message)}
        calls={calls}
        isStreaming={isStreaming}
        onApprove={actions.onApprove}
      />
      {mark !== undefined && !isContinued && <p className="mark">{mark}</p>}
      {!isContinued && (
        <div className="actions" role="group" aria-label="Answer" hidden={isStreaming}>
          {branch && (
            <BranchPicker
              branch={branch}
              isIdle={isIdle}
              onPick={(index) => actions.onBranch(message.id, index)}
            />
          )}
          {text !== '' && <CopyButton text={text} label="Copy answer" />}
          {isIdle && !isEarlier && !isWaiting && (
            <IconButton
              icon="repeat"
              label="Regenerate answer"
              onClick={() => actions.onRegenerate(message.id)}
            />
          )}
        </div>
      )}
    </article>
  )
}

/** An answer that is not whole bears a word. */
const marks: Partial<Record<ChatMessage['status'], string>> = {
  stopped: 'Stopped',
  partial: 'Interrupted',
  failed: 'Interrupted',
}
