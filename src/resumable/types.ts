/**
 * The interface of resumable streams.
 *
 * @module
 */

import type { EventStream } from '../base/event-stream.js'
import type { CompleteEvent, ErrorEvent, StreamEvent } from '../base/events.js'
import type { LeftBehind } from '../core/left-behind.js'
import type { StreamLog } from './log.js'

/**
 * Returns the stream that takes the place of one whose producer is gone, such as
 * `(id, left) => conversation(id).resume(left)`. Null if there is none.
 */
export type Revive = (
  id: string,
  left: LeftBehind,
) => AsyncIterable<StreamEvent> | null | Promise<AsyncIterable<StreamEvent> | null>

/** Options of `createResumable()`. */
export interface ResumableOptions {
  /** The log that stores the events: `memoryLog()`, `redisLog(client)`, or your own. */
  log: StreamLog
  /**
   * The silence after which a producer counts as dead, in whole milliseconds from 100 to 3,600,000.
   * Its stream then ends with an `error` of code `interrupted`. A process that is paused for longer
   * loses its streams.
   * @default 5_000
   */
  leaseMs?: number
  /**
   * The maximum number of events of a stream. A longer stream ends with an `error` of code `store`.
   * @default 100_000
   */
  maxEvents?: number
  /**
   * The maximum length of a stream, in characters of JSON. A longer stream ends with an `error` of
   * code `store`.
   * @default 16_777_216
   */
  maxCharacters?: number
  /**
   * Continues a stream whose producer has died, in the process that notices it first: a process with
   * a follower, or one that calls `sweep()`. Return `resume(left)` of its conversation: readers
   * receive one `retry`, and then what they lack. Of any other stream they receive a `retry` with
   * mode `restart`, and then all of it. Without this option, or if it returns null or throws, the
   * stream ends with `interrupted`.
   */
  revive?: Revive
  /**
   * How often a stream is revived before it ends with `interrupted`.
   * @default 3
   */
  maxRevivals?: number
}

/** A published stream. */
export interface Publication {
  readonly id: string
  /**
   * The terminal event that followers receive. If this process can no longer write to the log, it
   * is an `error` of code `conflict` (the lease has expired) or `store` instead. Never rejects. In
   * a runtime that ends the process with the response, wait for it: `waitUntil(published.ended)`.
   */
  readonly ended: Promise<CompleteEvent | ErrorEvent>
}

/** The rest of a published stream. `sse()` writes the ids that its events have in the log. */
export interface FollowedStream extends EventStream {
  /**
   * Whether the stream has ended and the client has received everything, so that there are no more
   * events. Answer with status 204, so that the EventSource of a browser does not reconnect.
   */
  readonly over: boolean
  /**
   * Whether the stream has ended, even if the client lacks some of its events. A page that shows
   * stored messages, such as `useChat({ resume: true })`, needs a stream only while it runs: answer
   * with status 204.
   */
  readonly ended: boolean
}

/** Publishes, follows and stops streams that outlive their clients. */
export interface Resumable {
  /**
   * Reads a stream to its end into the log. A client that disconnects does not end it, `stop` does.
   *
   * The page may choose the id, so that it can stop and follow the stream before it has received
   * anything. If it sends its request twice, the second one follows the stream of the first:
   *
   * ```ts
   * try {
   *   await resumable.publish(id, conversation.send(text, { key: id }))
   * } catch (error) {
   *   if (!StreamError.is(error) || error.code !== 'conflict') throw error
   * }
   * return toResponse(await resumable.follow(id), sse())
   * ```
   *
   * With the id as the key of the turn, `draft.key` of `conversation.read()` is the id under which
   * the running answer is found.
   *
   * @param id - unique to this stream; it cannot be published again, even after its end. Check that
   *   an id from a client is one of its own
   * @returns once the id is taken. For a turn of a conversation, also once its question is stored,
   *   so that a client that has its response can rely on it. A turn that waits for another one of
   *   its conversation has not stored its question yet
   * @throws StreamError `interrupted` if the process hands over its streams, and `conflict` if the
   *   lease is lost, before the question is stored
   * @throws StreamError `conflict` if a stream with this id exists; the new stream is cancelled
   * @throws StreamError `store` if the log fails
   */
  publish(id: string, stream: AsyncIterable<StreamEvent>): Promise<Publication>
  /**
   * Reads every event after a position, once and in order: stored events first, then new ones.
   * Ending the returned stream does not end the published one.
   *
   * @param lastEventId - the `Last-Event-ID` of the client; all events if it is absent or empty
   * @returns null for an unknown id, and for a stream whose time to live has passed
   * @throws StreamError `invalid-request` if `lastEventId` is not a number, or is beyond the last
   * event
   * @throws StreamError `store` if the log fails
   */
  follow(id: string, lastEventId?: string | number | null): Promise<FollowedStream | null>
  /**
   * Ends a stream with an `error` of code `aborted`, whichever process produces it, and closes the
   * connection to the provider. A stop that comes before the stream is remembered for as long as the
   * log keeps streams: `publish` of that id then ends at once with `aborted`, and nothing is sent to
   * the provider.
   *
   * @returns once the stop is requested; false for an unknown id, and for a stream that has ended
   * @throws StreamError `store` if the log fails
   */
  stop(id: string): Promise<boolean>
  /**
   * Ends all streams that this process produces, and gives up their leases, so that other processes
   * revive them at once: for SIGTERM. The process revives nothing afterwards.
   *
   * @returns once the leases are released. Never rejects
   */
  handOver(): Promise<void>
  /**
   * Takes over streams whose producer has died and that nobody follows, as a follower would: one
   * process continues each with `revive`, or ends it with `interrupted`. Call it at the start of a
   * process, and from a timer:
   *
   * ```ts
   * await resumable.sweep()
   * setInterval(() => resumable.sweep().catch(report), 30_000).unref()
   * ```
   *
   * @returns the number of streams that this process has taken over, at most 100 in one call
   * @throws StreamError `setup` for a log that cannot list them (`StreamLog.abandoned`), `store` if
   *   the log fails
   */
  sweep(): Promise<number>
}
