/**
 * The list of this browser's conversations, the newest first.
 */

import { useCallback, useEffect, useMemo, useState } from 'react'
import {
  deleteConversation,
  type ListedConversation,
  listConversations,
  RequestError,
  renameConversation,
} from '../chat/api.ts'
import { useReturn } from './use-return.ts'

export interface Conversations {
  /** Undefined until the server has answered. */
  list: readonly ListedConversation[] | undefined
  problem: string | undefined
  refresh: () => Promise<void>
  rename: (id: string, title: string) => Promise<void>
  remove: (id: string) => Promise<void>
}

export function useConversations(): Conversations {
  const [list, setList] = useState<readonly ListedConversation[]>()
  const [problem, setProblem] = useState<string>()
  const refresh = useCallback(async () => {
    try {
      setList(await listConversations())
      setProblem(undefined)
    } catch {
      setProblem('The list of chats cannot be loaded.')
    }
  }, [])
  useEffect(() => {
    void refresh()
  }, [refresh])
  // Another tab may have changed it.
  useReturn(useCallback(() => void refresh(), [refresh]))
  return useMemo(() => {
    /** Shows a change at once, and what the server says after it. */
    const change = async (
      shown: (list: readonly ListedConversation[]) => readonly ListedConversation[],
      request: Promise<void>,
      sentence: string,
    ) => {
      setList((before) => before && shown(before))
      try {
        await request
        await refresh()
      } catch (error) {
        await refresh()
        const isBusy = error instanceof RequestError && error.status === 409
        setProblem(isBusy ? `${sentence} Its answer is still in progress.` : sentence)
      }
    }
    return {
      list,
      problem,
      refresh,
      rename: (id, title) =>
        change(
          (before) => before.map((one) => (one.id === id ? { ...one, title } : one)),
          renameConversation(id, title),
          'The chat could not be renamed.',
        ),
      remove: (id) =>
        change(
          (before) => before.filter((one) => one.id !== id),
          deleteConversation(id),
          'The chat could not be deleted.',
        ),
    }
  }, [list, problem, refresh])
}
