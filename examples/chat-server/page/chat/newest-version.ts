/**
 * Versions of messages. The server keeps the newest only, so the page shows the others, and what is
 * sent continues the newest.
 */

import type { Chat } from 'sluice/client'
import type { ShownChat } from './types.ts'

type Branches = ShownChat['branches']

const earlierIn = (branches: Branches) =>
  Object.entries(branches).find(([, { index, count }]) => index < count - 1)

export function isEarlierVersion(branches: Branches): boolean {
  return earlierIn(branches) !== undefined
}

export function showNewest(chat: Chat): void {
  // A version can have versions inside of it.
  for (;;) {
    const [messageId, branch] = earlierIn(chat.getState().branches) ?? []
    if (messageId === undefined || branch === undefined) return
    if (!chat.switchBranch(messageId, branch.count - 1)) return
  }
}
