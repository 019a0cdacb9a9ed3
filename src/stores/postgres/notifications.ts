/**
 * Receives notifications on a connection of its own, which is open while somebody needs it.
 *
 * @module
 */

import { StreamError } from '../../base/errors.js'
import { pause } from '../pause.js'
import { borrow, type Connection, within } from './connection.js'
import { type PostgresPool, postgresError } from './pool.js'
import { channelName } from './sql.js'

/** The time for which a connection is kept that nobody needs, in milliseconds. */
const idleMs = 1_000

/**
 * A notification to itself proves that others arrive: behind a pooler, and on a connection that
 * broke without a sign, they do not. The interval, and the limit for one, in milliseconds.
 */
const probeMs = 10_000
const probeLimitMs = 2_000

/** The interval of looks at a pool that may be ending, and waits for its connections. */
const lookMs = 200

/** The waits before another attempt to listen, in milliseconds. */
const shortestWaitMs = 100
const longestWaitMs = 30_000

/** The limit for a connection and for LISTEN, in milliseconds. */
const connectLimitMs = 5_000

export interface Receiver {
  /** Called with a payload, without its first word. */
  note(payload: string): void
  /** Called when notifications begin or cease to arrive. */
  changed(isListening: boolean): void
  /** Called once when listening fails, until it has succeeded again. */
  failed(error: StreamError): void
}

const known = new WeakMap<PostgresPool, WeakMap<PostgresPool, Notifications>>()

/**
 * One for each pair of pools, shared by their stores and logs.
 *
 * @param pool - gives the connection that listens
 * @param connection - on the other pool
 */
export function notificationsOf(
  pool: PostgresPool,
  main: PostgresPool,
  connection: Connection,
): Notifications {
  const ofPool = known.get(pool) ?? new WeakMap<PostgresPool, Notifications>()
  known.set(pool, ofPool)
  const notifications = ofPool.get(main) ?? new Notifications(pool, connection, pool === main)
  ofPool.set(main, notifications)
  return notifications
}

export class Notifications {
  readonly #pool: PostgresPool
  readonly #connection: Connection
  readonly #isShared: boolean
  /** By the first word of a payload. */
  readonly #receivers = new Map<Receiver, string>()
  readonly #probes = new Map<string, () => void>()
  #idleTimer: ReturnType<typeof setTimeout> | undefined
  /** Ends the wait of a loop that nobody needs any more. */
  #running: AbortController | undefined
  #isListening = false
  #hasFailed = false

  /** @param isShared - the pool gives the connections of the statements, too */
  constructor(pool: PostgresPool, connection: Connection, isShared: boolean) {
    this.#pool = pool
    this.#isShared = isShared
    this.#connection = connection
  }

  get isListening(): boolean {
    return this.#isListening
  }

  /**
   * Adds a receiver of the payloads with this first word. It is told whether notifications arrive
   * by calls of `changed`, if that differs from `isListening` now.
   *
   * @returns removes it
   */
  add(prefix: string, receiver: Receiver): () => void {
    clearTimeout(this.#idleTimer)
    this.#receivers.set(receiver, prefix)
    if (this.#running === undefined) void this.#run()
    return () => {
      if (!this.#receivers.delete(receiver) || this.#receivers.size > 0) return
      clearTimeout(this.#idleTimer)
      this.#idleTimer = setTimeout(() => this.#running?.abort(), idleMs)
      ;(this.#idleTimer as { unref?: () => void }).unref?.()
    }
  }

  async #run(): Promise<void> {
    const controller = new AbortController()
    const { signal } = controller
    this.#running = controller
    let waitMs = shortestWaitMs
    while (!signal.aborted) {
      try {
        await this.#listen(signal, () => {
          waitMs = shortestWaitMs
        })
      } catch (error) {
        this.#fail(postgresError(error))
      }
      if (signal.aborted) break
      await pause(waitMs * (0.5 + Math.random() / 2), signal)
      waitMs = Math.min(waitMs * 2, longestWaitMs)
    }
    this.#running = undefined
    // Somebody came while it ended.
    if (this.#receivers.size > 0) void this.#run()
  }

  /** Resolves when nobody needs the connection any more, or its pool is ending. */
  async #listen(signal: AbortSignal, onListening: () => void): Promise<void> {
    if (this.#isShared && this.#pool.options?.max === 1) {
      const message = `The pool has one connection, so none is left to listen. Raise its "max", or pass another pool as "listen".`
      throw new StreamError('store', message)
    }
    const giveUpAt = performance.now() + connectLimitMs
    const client = await borrow(this.#pool, giveUpAt, connectLimitMs)
    const broken = new Promise<never>((_, reject) => {
      client.on('error', reject)
      client.on('end', () => reject(new Error('The listening connection was closed.')))
    })
    broken.catch(() => {})
    client.on('notification', ({ payload = '' }) => this.#receive(payload))
    try {
      await within(giveUpAt, connectLimitMs, 'answer LISTEN', () =>
        Promise.race([client.query(`LISTEN ${channelName}`), broken]),
      )
      const isWanted = (): boolean => !signal.aborted && this.#pool.ending !== true
      while (isWanted()) {
        await Promise.race([this.#probe(), broken])
        onListening()
        this.#change(true)
        const nextAt = performance.now() + probeMs
        while (performance.now() < nextAt && isWanted()) {
          await Promise.race([pause(lookMs, signal), broken])
        }
      }
    } finally {
      this.#change(false)
      // Behind a pooler, the connection of the server would listen for somebody else from now on.
      const quiet = client.query(`UNLISTEN ${channelName}`)
      await Promise.race([quiet, broken, pause(lookMs)]).catch(() => {})
      client.release(true)
    }
  }

  /** By another connection, because a pooler passes on what arrives during a statement. */
  async #probe(): Promise<void> {
    const name = crypto.randomUUID()
    const arrived = new Promise<void>((resolve) => this.#probes.set(name, resolve))
    try {
      const text = 'SELECT pg_notify($1::text, $2::text)'
      await this.#connection.runOnce(text, [channelName, `probe ${name}`])
      await within(performance.now() + probeLimitMs, probeLimitMs, 'notify', () => arrived)
    } catch (error) {
      const message =
        'Postgres: no notifications arrive on the connection that listens. Behind a pooler in transaction mode, pass a pool with the direct address as "listen", or false.'
      throw new StreamError('store', message, { cause: error })
    } finally {
      this.#probes.delete(name)
    }
  }

  #receive(payload: string): void {
    const space = payload.indexOf(' ')
    const first = payload.slice(0, space)
    const rest = payload.slice(space + 1)
    if (first === 'probe') return this.#probes.get(rest)?.()
    for (const [receiver, prefix] of this.#all()) {
      if (prefix === first) receiver.note(rest)
    }
  }

  #change(isListening: boolean): void {
    if (isListening) this.#hasFailed = false
    if (this.#isListening === isListening) return
    this.#isListening = isListening
    for (const [receiver] of this.#all()) receiver.changed(isListening)
  }

  #fail(error: StreamError): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    for (const [receiver] of this.#all()) receiver.failed(error)
  }

  /** A copy, because calling receivers may add or remove some. */
  #all(): [Receiver, string][] {
    return [...this.#receivers]
  }
}
