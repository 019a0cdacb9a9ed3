/**
 * What components read and call.
 */

import type { Message } from 'sluice'
import type { ChatActions, ChatState, QueuedInput } from 'sluice/react'

export type { CallState, ChatMessage } from 'sluice/react'

export type UserContent = Extract<Message, { role: 'user' }>['content']

export interface ShownChat
  extends ChatState,
    Pick<ChatActions, 'stop' | 'dequeue' | 'switchBranch'> {
  /** An answer is in progress. */
  isBusy: boolean
  /** What is shown has been replaced by a newer version. */
  isEarlier: boolean
  /** During an answer, it waits in the queue. */
  send: (content: UserContent) => void
  /** After an answer that was stopped, the queue waits for the next one. */
  sendQueued: (item: QueuedInput) => void
  edit: (messageId: string, content: UserContent) => void
  regenerate: (messageId: string) => void
  approve: (callId: string, isApproved: boolean) => void
  showNewest: () => void
  /** After the page was away. */
  catchUp: () => void
  /** After a failure or a stop. */
  continueTurn: () => void
}
