/**
 * What a log of streams has to do: the contract between `createResumable()` and where the events are kept.
 *
 * @module
 */

/** The right to write one stream, which its producer holds for as long as it lives. */
export interface Lease {
  /** The producer's own mark, unlike any other's. */
  readonly fence: string
  /** How long it lasts without a sign of life, in milliseconds. */
  readonly leaseMs: number
}

/** Events of one stream that follow each other. */
export interface LogBatch {
  /** The number of the first of them. The events of a stream count from 1, without a gap. */
  readonly first: number
  /** Each event as one line of JSON. Never empty. */
  readonly events: readonly string[]
  /** Whether the last of them ends the stream. */
  readonly ended: boolean
}

/** What was found after a position. */
export interface LogPage {
  /** The events that follow the position; not always all of them, but at least one if there is one. */
  readonly events: readonly string[]
  /** The number of the last event of the stream; 0 for none. */
  readonly last: number
  /** Whether that one ends the stream. */
  readonly ended: boolean
  /** How long the lease lasts without a further sign of life, in milliseconds; 0 if nobody holds it. */
  readonly leaseLeftMs: number
}

/** What a sign of life is answered with: it was taken; it was, and somebody wants the stream to stop; the lease is lost. */
export type LeaseState = 'held' | 'stopping' | 'lost'

/** Who wants to know of events at once. */
export interface LogListener {
  /** Events have been added. */
  appended(batch: LogBatch): void
  /** Something may have been missed: the log has to be read again. */
  missed(): void
}

/**
 * Keeps streams of events, each under an id, for one producer and any number of followers in any number of processes.
 *
 * Every method MUST be atomic, also towards other processes. What it rejects with is told as a `StreamError` of code `store`.
 * Methods may be called again after they rejected, although they did their work: the second call MUST do no harm.
 *
 * `testLog()` of `sluice/testing` tells whether a log keeps this contract.
 */
export interface StreamLog {
  /**
   * Begins a stream and gives its lease away.
   *
   * @returns false if there is a stream of this id, whatever has become of it. Of several calls at once, one MUST get true.
   */
  create(id: string, lease: Lease): Promise<boolean>
  /**
   * Adds events, and lasts the lease from now on; it MUST end the lease if the events end the stream.
   *
   * It MUST answer `lost` and add nothing if the fence is not that of the lease, the lease has run out, or the events do not follow
   * the last one. If the events are there already because this is the second call with them, it MUST add nothing and answer as it
   * would have.
   */
  append(id: string, lease: Lease, batch: LogBatch): Promise<LeaseState>
  /** Lasts the lease from now on. It MUST answer `lost` under the same conditions as `append`. */
  renew(id: string, lease: Lease): Promise<LeaseState>
  /**
   * @param after - the number of an event, or 0
   * @returns null if there is no stream of this id
   */
  read(id: string, after: number): Promise<LogPage | null>
  /**
   * Ends a stream whose producer is gone. It MUST add nothing if the lease has not run out, the stream has ended, or the events do
   * not follow the last one; and once it has added them, `append` MUST answer `lost` for ever.
   */
  seal(id: string, batch: LogBatch): Promise<void>
  /**
   * Tells the producer that somebody wants the stream to stop: by `onStop`, and in the answers to its signs of life.
   *
   * @returns false if there is no stream of this id, or it has ended
   */
  stop(id: string): Promise<boolean>
  /**
   * Once the promise is resolved, the listener MUST be told of everything that is appended, in order and by whichever process, or
   * that it may have `missed` something. Several listeners may be interested in one id.
   *
   * @returns ends it; harmless when it is called again
   */
  subscribe(id: string, listener: LogListener): Promise<() => void>
  /**
   * Once the promise is resolved, the callback is called when `stop` is, by whichever process. It may be called more than once. Where it
   * is not, because the way is blocked, the next sign of life is answered with `stopping`.
   *
   * @returns ends it; harmless when it is called again
   */
  onStop(id: string, callback: () => void): Promise<() => void>
}
