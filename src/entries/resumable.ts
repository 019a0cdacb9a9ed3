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
export type {
  FollowedStream,
  Publication,
  Resumable,
  ResumableOptions,
} from '../resumable/resumable.js'
export { createResumable } from '../resumable/resumable.js'
export type { Revive } from '../resumable/takeover.js'
export type { MemoryLogOptions } from '../stores/memory/log.js'
export { memoryLog } from '../stores/memory/log.js'
