/**
 * Where conversations and answers are remembered.
 */

import { type ConversationStore, memoryStore } from 'sluice/conversation'
import { memoryLog, type StreamLog } from 'sluice/resumable'

export interface Memory {
  /** Of the conversations. */
  store: ConversationStore
  /** Of the answers, as they come. */
  log: StreamLog
}

/** It ends with the process. */
export function processMemory(): Memory {
  return { store: memoryStore(), log: memoryLog() }
}
