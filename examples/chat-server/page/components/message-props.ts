/**
 * What a message is shown with.
 */

import type { CallState, ChatMessage, UserContent } from '../chat/types.ts'
import type { Branch } from './branch-picker.tsx'

/** The same functions in each render, so that a message is rendered only if it has changed. */
export interface MessageActions {
  onApprove: (callId: string, isApproved: boolean) => void
  onEdit: (messageId: string, content: UserContent) => void
  onRegenerate: (messageId: string) => void
  onBranch: (messageId: string, index: number) => void
}

export interface MessageProps {
  message: ChatMessage
  calls: readonly CallState[]
  branch: Branch | undefined
  /** The answer continues in the next message. */
  isContinued: boolean
  /** No answer is in progress. */
  isIdle: boolean
  /** A version that the server does not have any more, which can be read and copied. */
  isEarlier: boolean
  actions: MessageActions
}
