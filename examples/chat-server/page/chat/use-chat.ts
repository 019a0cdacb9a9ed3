/**
 * One conversation, for components.
 */

import { useMemo } from 'react'
import { type QueuedInput, useStream } from 'sluice/react'
import type { History } from './api.ts'
import { catchUp } from './catch-up.ts'
import { continueTurn } from './continue-turn.ts'
import { newId } from './new-id.ts'
import { isEarlierVersion, showNewest } from './newest-version.ts'
import { openChat } from './open-chat.ts'
import type { ShownChat, UserContent } from './types.ts'

export function useChat(id: string, history: History): ShownChat {
  const chat = useMemo(() => openChat(id, history), [id, history])
  const state = useStream(chat)
  const isBusy = state.status === 'submitted' || state.status === 'streaming'
  const actions = useMemo(
    () => ({
      send: (content: UserContent) => {
        // The page chooses the id, so that a message can be edited before its answer is whole.
        const message = { role: 'user', id: newId(), content } as const
        const { status } = chat.getState()
        if (status !== 'idle' && status !== 'error') chat.enqueue(message)
        else {
          showNewest(chat)
          chat.send(message)
        }
      },
      sendQueued: ({ id: queued, input }: QueuedInput) => {
        showNewest(chat)
        if (chat.send(input)) chat.dequeue(queued)
      },
      edit: (messageId: string, content: UserContent) =>
        void chat.edit(messageId, { role: 'user', content }),
      regenerate: (messageId: string) => void chat.regenerate(messageId),
      approve: (callId: string, isApproved: boolean) => void chat.approve(callId, isApproved),
      catchUp: () => void catchUp(id, chat),
      showNewest: () => showNewest(chat),
      continueTurn: () => void continueTurn(id, chat),
    }),
    [id, chat],
  )
  const { stop, dequeue, switchBranch } = chat
  const isEarlier = isEarlierVersion(state.branches)
  return { ...state, isBusy, isEarlier, stop, dequeue, switchBranch, ...actions }
}
