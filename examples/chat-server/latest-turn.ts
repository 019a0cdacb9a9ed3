/**
 * The latest turn of each conversation, by which another tab finds the stream of an answer that is
 * under way, and another process continues it with the same provider, or begins it if the first one
 * had no time to. It is kept beside the
 * conversations, as the draft of a record of its own: drafts are plain JSON.
 */

import { StreamError } from 'sluice'
import type { ConversationStore } from 'sluice/conversation'
import type { ProviderName } from './providers.ts'
import type { TurnIntent } from './turn-intent.ts'

export interface LatestTurn {
  /** The key of its stream. */
  key: string
  provider: ProviderName
  intent: TurnIntent
}

const recordOf = (id: string): string => `latest/${id}`

export async function writeLatest(
  store: ConversationStore,
  id: string,
  turn: LatestTurn,
): Promise<void> {
  for (;;) {
    const { version } = await store.load(recordOf(id))
    try {
      await store.write(recordOf(id), { draft: turn }, version)
      return
    } catch (error) {
      // Another request has written it in between.
      if (!StreamError.is(error) || error.code !== 'conflict') throw error
    }
  }
}

export async function readLatest(
  store: ConversationStore,
  id: string,
): Promise<LatestTurn | undefined> {
  const { draft } = await store.load(recordOf(id))
  return draft as LatestTurn | undefined
}

export function clearLatest(store: ConversationStore, id: string): Promise<void> {
  return store.clear(recordOf(id))
}
