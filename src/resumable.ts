/**
 * Streams that outlive their clients, and a log for them in memory.
 *
 * @module sluice/resumable
 */

export type {
  Lease,
  LeaseState,
  LogBatch,
  LogListener,
  LogPage,
  StreamLog,
} from './state/resumable/log.js'
export type { MemoryLogOptions } from './state/resumable/memory-log.js'
export { memoryLog } from './state/resumable/memory-log.js'
export type {
  FollowedStream,
  Publication,
  Resumable,
  ResumableOptions,
} from './state/resumable.js'
export { createResumable } from './state/resumable.js'
