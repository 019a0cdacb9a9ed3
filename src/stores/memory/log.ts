/**
 * Keeps streams in the memory of one process.
 *
 * @module
 */

import { checkId, checkOptions, count, limit, type Rules } from '../../base/check-options.js'
import { StreamError } from '../../base/errors.js'
import type {
  Claim,
  Lease,
  LeaseState,
  LogBatch,
  LogListener,
  LogPage,
  StreamLog,
} from '../../resumable/log.js'
import { Listeners } from '../listeners.js'
import { bytesOfAll, defaultMaxBytes, maxBytesRule } from './size.js'

/** Options of `memoryLog()`. */
export interface MemoryLogOptions {
  /**
   * How long a stream is kept after its end or its last sign of life, in milliseconds.
   * @default 600_000
   */
  ttlMs?: number
  /**
   * How many streams are kept. A new stream replaces the one that ended first. If all of them are
   * being written, the new one fails with a `StreamError` of code `store`.
   * @default 1_000
   */
  maxStreams?: number
  /**
   * How much memory the events of all streams take, in bytes, with the `complete` events, which
   * repeat the text. The streams that ended first are removed first. A stream that is being written
   * is never removed: if nothing else is left, its next event fails with a `StreamError` of code
   * `store`.
   * @default 67_108_864 (64 MiB)
   */
  maxBytes?: number
}

const rules: Rules<MemoryLogOptions> = { ttlMs: limit, maxStreams: count, maxBytes: maxBytesRule }

/**
 * A log for one process: its streams are lost when the process ends, and no other process can
 * follow them.
 *
 * @throws TypeError for an invalid option
 */
export function memoryLog(options: MemoryLogOptions = {}): StreamLog {
  checkOptions('memoryLog', options, rules)
  const { ttlMs = 600_000, maxStreams = 1_000, maxBytes = defaultMaxBytes } = options
  return new MemoryLog({ ttlMs, maxStreams, maxBytes })
}

/** The most events in a page, so that a reader catches up in steps. */
const pageLength = 256

interface Entry {
  /** Of the producer; empty once nobody can append. */
  fence: string
  /** The number of the last event before those of the producer. */
  before: number
  /** The number of claims. */
  revivals: number
  readonly events: string[]
  bytes: number
  leaseEndsAt: number
  expiresAt: number
  ended: boolean
  stopping: boolean
}

class MemoryLog implements StreamLog {
  readonly #settings: Required<MemoryLogOptions>
  /** In the order of their last sign of life. */
  readonly #entries = new Map<string, Entry>()
  /** Of all entries. */
  #bytes = 0
  readonly #listeners = new Listeners<LogListener>()
  readonly #stopListeners = new Listeners<() => void>()

  constructor(settings: Required<MemoryLogOptions>) {
    this.#settings = settings
  }

  async create(id: string, { fence, leaseMs }: Lease): Promise<boolean> {
    const entry = this.#find(id)
    // A call with the same fence repeats one whose answer was lost.
    if (entry !== undefined) return entry.fence === fence
    const { maxStreams } = this.#settings
    this.#makeRoom(() => this.#entries.size < maxStreams)
    if (this.#entries.size >= maxStreams) {
      throw new StreamError(
        'store',
        `The memory log holds ${maxStreams} streams, and all of them are being written. Raise memoryLog.maxStreams, or publish fewer streams at once.`,
      )
    }
    const times = { leaseEndsAt: 0, expiresAt: 0 }
    const counts = { before: 0, revivals: 0, bytes: 0 }
    const fresh = { fence, events: [], ...counts, ...times, ended: false, stopping: false }
    this.#touch(id, fresh, leaseMs)
    return true
  }

  async append(id: string, lease: Lease, batch: LogBatch): Promise<LeaseState> {
    const entry = this.#find(id)
    const last = batch.first + batch.events.length - 1
    if (entry === undefined || entry.fence !== lease.fence) return 'lost'
    if (entry.events.length >= last) return batch.first > entry.before ? stateOf(entry) : 'lost'
    if (!isHeld(entry) || entry.events.length !== batch.first - 1) return 'lost'
    this.#reserve(entry, batch)
    this.#touch(id, entry, batch.ended ? 0 : lease.leaseMs)
    this.#add(id, entry, batch)
    return stateOf(entry)
  }

  async renew(id: string, { fence, leaseMs }: Lease): Promise<LeaseState> {
    const entry = this.#find(id)
    if (entry === undefined || entry.fence !== fence || !isHeld(entry)) return 'lost'
    this.#touch(id, entry, leaseMs)
    return stateOf(entry)
  }

  async claim(id: string, { fence, leaseMs }: Lease): Promise<Claim | null> {
    const entry = this.#find(id)
    if (entry === undefined || entry.ended) return null
    if (entry.fence !== fence) {
      if (isHeld(entry)) return null
      entry.fence = fence
      entry.before = entry.events.length
      entry.revivals++
    }
    this.#touch(id, entry, leaseMs)
    return { revivals: entry.revivals }
  }

  async release(id: string, { fence }: Lease): Promise<void> {
    const entry = this.#find(id)
    if (entry === undefined || entry.fence !== fence || entry.ended) return
    this.#touch(id, entry, 0)
    for (const listener of this.#listeners.of(id)) listener.missed()
  }

  async read(id: string, after: number): Promise<LogPage | null> {
    const entry = this.#find(id)
    if (entry === undefined) return null
    return {
      events: entry.events.slice(after, after + pageLength),
      last: entry.events.length,
      ended: entry.ended,
      leaseLeftMs: isHeld(entry) ? entry.leaseEndsAt - performance.now() : 0,
    }
  }

  async seal(id: string, batch: LogBatch): Promise<void> {
    const entry = this.#find(id)
    if (entry === undefined || entry.ended || isHeld(entry)) return
    if (entry.events.length !== batch.first - 1) return
    this.#reserve(entry, batch)
    // Without its fence, nothing can be appended.
    entry.fence = ''
    this.#touch(id, entry, 0)
    this.#add(id, entry, batch)
  }

  async abandoned(maxIds: number): Promise<string[]> {
    const now = performance.now()
    const ids: string[] = []
    for (const [id, entry] of this.#entries) {
      if (ids.length >= maxIds) break
      if (!entry.ended && !isHeld(entry) && entry.expiresAt > now) ids.push(id)
    }
    return ids
  }

  async stop(id: string): Promise<boolean> {
    const entry = this.#find(id)
    if (entry === undefined || entry.ended) return false
    entry.stopping = true
    for (const callback of this.#stopListeners.of(id)) callback()
    return true
  }

  async subscribe(id: string, listener: LogListener): Promise<() => void> {
    return this.#listeners.add(id, listener)
  }

  async onStop(id: string, callback: () => void): Promise<() => void> {
    return this.#stopListeners.add(id, callback)
  }

  #find(id: string): Entry | undefined {
    checkId(id)
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.expiresAt > performance.now()) return entry
    this.#delete(id, entry)
    return undefined
  }

  /** @throws StreamError `store` if there is no room for the batch */
  #reserve(entry: Entry, { events }: LogBatch): void {
    const { maxBytes } = this.#settings
    const bytes = bytesOfAll(events)
    if (this.#bytes + bytes > maxBytes) {
      this.#makeRoom(() => this.#bytes + bytes <= maxBytes, entry)
      if (this.#bytes + bytes > maxBytes) {
        throw new StreamError(
          'store',
          `The memory log holds ${this.#bytes} bytes of streams that are being written, and ${bytes} more exceed memoryLog.maxBytes (${maxBytes}). Raise it, or publish fewer streams at once.`,
        )
      }
    }
    entry.bytes += bytes
    this.#bytes += bytes
  }

  #add(id: string, entry: Entry, batch: LogBatch): void {
    entry.events.push(...batch.events)
    entry.ended = batch.ended
    for (const listener of this.#listeners.of(id)) listener.appended(batch)
  }

  #touch(id: string, entry: Entry, leaseMs: number): void {
    const now = performance.now()
    entry.leaseEndsAt = now + leaseMs
    entry.expiresAt = now + Math.max(this.#settings.ttlMs, leaseMs)
    this.#entries.delete(id)
    this.#entries.set(id, entry)
  }

  /**
   * Removes what has expired, and streams that nobody writes until there is enough room, the one
   * whose last sign of life is the oldest first.
   */
  #makeRoom(isEnough: () => boolean, spared?: Entry): void {
    const now = performance.now()
    for (const [id, entry] of this.#entries) {
      if (entry === spared) continue
      if (entry.expiresAt <= now || (!isHeld(entry) && !isEnough())) this.#delete(id, entry)
    }
  }

  #delete(id: string, entry: Entry): void {
    this.#entries.delete(id)
    this.#bytes -= entry.bytes
  }
}

function isHeld(entry: Entry): boolean {
  return !entry.ended && entry.leaseEndsAt > performance.now()
}

function stateOf(entry: Entry): LeaseState {
  return entry.stopping ? 'stopping' : 'held'
}
