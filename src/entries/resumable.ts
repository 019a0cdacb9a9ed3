/**
 * Streams that outlive their clients, and an in-memory log for them.
 *
 * @module sluice/resumable
 */

export type { LeftBehind } from '../core/left-behind.js'
export type {
  Claim,
  Lease,
  LeaseState,
  LogBatch,
  LogListener,
  LogPage,
  StreamLog,
} from '../resumable/log.js'
export { createResumable } from '../resumable/resumable.js'
export type {
  FollowedStream,
  Publication,
  Resumable,
  ResumableOptions,
  Revive,
} from '../resumable/types.js'
export type { MemoryLogOptions } from '../stores/memory/log.js'
export { memoryLog } from '../stores/memory/log.js'
