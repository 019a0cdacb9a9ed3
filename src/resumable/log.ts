/**
 * The contract of a log, which stores the events of `createResumable()`.
 *
 * @module
 */

/** The right to write one stream, which its producer holds for as long as it lives. */
export interface Lease {
  /** A unique token of the producer. */
  readonly fence: string
  /** The duration of the lease without a renewal, in milliseconds. */
  readonly leaseMs: number
}

/** Consecutive events of one stream. */
export interface LogBatch {
  /** The number of the first event. The events of a stream are numbered from 1, without a gap. */
  readonly first: number
  /** The events, each as one line of JSON. Never empty. */
  readonly events: readonly string[]
  /** Whether the last event ends the stream. */
  readonly ended: boolean
}

/** The events after a position. */
export interface LogPage {
  /**
   * The events after the position: not necessarily all of them, but at least one if there is one.
   */
  readonly events: readonly string[]
  /** The number of the last event of the stream; 0 if there is none. */
  readonly last: number
  /** Whether the last event of the stream ends it. */
  readonly ended: boolean
  /** The rest of the lease without another renewal, in milliseconds; 0 if nobody holds it. */
  readonly leaseLeftMs: number
}

/**
 * The state of a lease after a call of its producer. `stopping`: the lease is held, and the stream
 * should stop.
 */
export type LeaseState = 'held' | 'stopping' | 'lost'

/** The right of a new producer to continue a stream. */
export interface Claim {
  /** How often the stream has been claimed, this time included. */
  readonly revivals: number
}

/** Receives events as soon as they are appended. */
export interface LogListener {
  /** Called when events have been appended. */
  appended(batch: LogBatch): void
  /**
   * Called when the log must be read again, because events may have been missed or the producer has
   * released its lease.
   */
  missed(): void
}

/**
 * Stores streams of events, each with one producer at a time and any number of followers, in any
 * number of processes.
 *
 * Every method MUST be atomic across processes. Rejections are reported as a `StreamError` of code
 * `store`. A method may be called again after it rejected, even if it had taken effect: the second
 * call MUST do no harm.
 *
 * `testLog()` from `sluice/testing` tests a log against this contract.
 */
export interface StreamLog {
  /**
   * Creates a stream and grants its lease.
   *
   * @returns false if a stream with this id exists, whatever its state, unless an earlier call with
   * the same lease created it. Of several concurrent calls with different leases, exactly one MUST
   * return true
   */
  create(id: string, lease: Lease): Promise<boolean>
  /**
   * Appends events and renews the lease. MUST end the lease if the events end the stream.
   *
   * MUST return `lost` and append nothing if the fence is not that of the lease, the lease has
   * expired, or the events do not follow the last one. If the events were appended by an earlier
   * call with the same fence, it MUST append nothing and return what that call would have returned.
   */
  append(id: string, lease: Lease, batch: LogBatch): Promise<LeaseState>
  /** Renews the lease. MUST return `lost` under the same conditions as `append`. */
  renew(id: string, lease: Lease): Promise<LeaseState>
  /**
   * Makes the caller the producer of a stream whose lease has expired or was released. The next
   * event is the one after the last in the log: read it after the claim. From then on, calls with
   * the earlier fence MUST be refused like those with any other, and a stop that was requested
   * before MUST be reported to the new producer.
   *
   * Of several concurrent calls with different leases, exactly one MUST be granted. A call with the
   * fence of the current producer renews its lease and is not counted: it repeats an earlier call.
   *
   * @returns null if there is no stream with this id, it has ended, or another producer holds its
   * lease
   */
  claim(id: string, lease: Lease): Promise<Claim | null>
  /**
   * Ends the lease at once and calls `missed` of all listeners, so that another process can claim
   * the stream without waiting for the end of the lease. `append` and `renew` MUST return `lost`
   * afterwards. MUST do nothing if the fence is not that of the lease, or the stream has ended.
   */
  release(id: string, lease: Lease): Promise<void>
  /**
   * Reads the events after a position.
   *
   * @param after - the number of an event, or 0
   * @returns null if there is no stream with this id
   */
  read(id: string, after: number): Promise<LogPage | null>
  /**
   * Ends a stream whose producer is gone. MUST append nothing if the lease has not expired, the
   * stream has ended, or the events do not follow the last one. Once they are appended, `append`
   * MUST always return `lost`.
   */
  seal(id: string, batch: LogBatch): Promise<void>
  /**
   * Lists streams that have not ended and whose lease nobody holds, in any order: those that wait for
   * a new producer. Optional, for logs that can. It may list a stream that is claimed or ends in the
   * meantime.
   *
   * @param limit - the maximum number of ids
   */
  abandoned?(limit: number): Promise<string[]>
  /**
   * Requests that the producer stops the stream. The producer is notified by `onStop`, and by the
   * state that `append` and `renew` return. The request outlives the producer.
   *
   * @returns false if there is no stream with this id, or it has ended
   */
  stop(id: string): Promise<boolean>
  /**
   * Subscribes to a stream. Once the promise has resolved, the listener MUST receive everything
   * that is appended by any process, in order, or a call of `missed`. Several listeners may
   * subscribe to one id.
   *
   * @returns ends the subscription; does nothing when called again
   */
  subscribe(id: string, listener: LogListener): Promise<() => void>
  /**
   * Subscribes to stops. Once the promise has resolved, the callback is called after `stop` was
   * called in any process, possibly more than once. If the notification is lost, the next `append`
   * or `renew` returns `stopping`.
   *
   * @returns ends the subscription; does nothing when called again
   */
  onStop(id: string, callback: () => void): Promise<() => void>
}
