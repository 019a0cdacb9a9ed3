/**
 * One message, which is rendered again only if something of it has changed.
 */

import { memo } from 'react'
import type { CallState } from '../chat/types.ts'
import type { MessageProps } from './message-props.ts'
import { Question } from './question.tsx'
import { Reply } from './reply.tsx'

export const MessageItem = memo(
  (props: MessageProps) =>
    props.message.role === 'user' ? <Question {...props} /> : <Reply {...props} />,
  (before, now) =>
    before.message === now.message &&
    before.isContinued === now.isContinued &&
    before.isIdle === now.isIdle &&
    before.isEarlier === now.isEarlier &&
    before.branch?.index === now.branch?.index &&
    before.branch?.count === now.branch?.count &&
    sameCalls(before.calls, now.calls),
)

function sameCalls(before: readonly CallState[], now: readonly CallState[]): boolean {
  return (
    before.length === now.length &&
    now.every((call, index) => {
      const { state, input, output, approved, for: reason } = before[index] as CallState
      return (
        state === call.state &&
        input === call.input &&
        output === call.output &&
        approved === call.approved &&
        reason === call.for
      )
    })
  )
}
