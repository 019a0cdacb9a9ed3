/**
 * Streams of events in Redis.
 *
 * @module
 */

import { checkOptions, limit, type Rules } from '../../base/check-options.js'
import type {
  Lease,
  LeaseState,
  LogBatch,
  LogListener,
  LogPage,
  StreamLog,
} from '../../resumable/log.js'
import { RedisChannels } from './channels.js'
import { keyPrefix, type RedisClient } from './client.js'
import { RedisConnection } from './connection.js'
import {
  appendScript,
  createScript,
  readScript,
  renewScript,
  sealScript,
  stopScript,
} from './log-scripts.js'

/** What `redisLog()` takes. */
export interface RedisLogOptions {
  /**
   * Comes before the name of every key and channel.
   * @default 'sluice:stream:'
   */
  prefix?: string
  /**
   * How long a stream is kept after its end, or without a sign of life, in milliseconds; `Infinity` for ever.
   * @default 600_000
   */
  ttlMs?: number
  /**
   * How long Redis may take to answer before that is an error of code `store`, in milliseconds.
   * @default 5_000
   */
  commandTimeoutMs?: number
}

/** How many appends are read at once. */
const pageLength = 256

const states: readonly LeaseState[] = ['lost', 'held', 'stopping']

const rules: Rules<RedisLogOptions> = {
  prefix: keyPrefix,
  ttlMs: limit,
  commandTimeoutMs: limit,
}

/**
 * Keeps streams of events in Redis, so that any process can follow and stop them.
 *
 * An append is one command. Whoever follows is told by publish and subscribe, on one connection a process, which is opened when it is
 * needed and closed when it is not; what that misses is read from the log. Tested with Redis 7, a cluster included.
 *
 * @param client - a connected client of `redis` (node-redis) or `ioredis`; it stays yours
 * @throws TypeError for a bad option, or a client that is none of these
 */
export function redisLog(client: RedisClient, options: RedisLogOptions = {}): StreamLog {
  checkOptions('', options, rules)
  const { prefix = 'sluice:stream:', ttlMs = 600_000, commandTimeoutMs = 5_000 } = options
  return new RedisLog(new RedisConnection(client, commandTimeoutMs), prefix, ttlMs)
}

class RedisLog implements StreamLog {
  readonly #connection: RedisConnection
  readonly #channels: RedisChannels
  readonly #prefix: string
  readonly #ttlMs: number

  constructor(connection: RedisConnection, prefix: string, ttlMs: number) {
    this.#connection = connection
    this.#channels = new RedisChannels(connection)
    this.#prefix = prefix
    this.#ttlMs = ttlMs
  }

  async create(id: string, { fence, leaseMs }: Lease): Promise<boolean> {
    const args = [fence, String(leaseMs), this.#keepFor(leaseMs)]
    return (await this.#connection.run(createScript, this.#keys(id), args)) === 1
  }

  async append(
    id: string,
    { fence, leaseMs }: Lease,
    { first, events, ended }: LogBatch,
  ): Promise<LeaseState> {
    const args = [
      fence,
      String(leaseMs),
      this.#keepFor(ended ? 0 : leaseMs),
      String(first),
      String(first + events.length - 1),
      ended ? 'end' : 'events',
      // JSON has no raw line breaks.
      events.join('\n'),
      this.#channel(id),
    ]
    return stateOf(await this.#connection.run(appendScript, this.#keys(id), args))
  }

  async renew(id: string, { fence, leaseMs }: Lease): Promise<LeaseState> {
    const args = [fence, String(leaseMs), this.#keepFor(leaseMs)]
    return stateOf(await this.#connection.run(renewScript, this.#keys(id), args))
  }

  async read(id: string, after: number): Promise<LogPage | null> {
    const args = [String(after), String(pageLength)]
    const reply = await this.#connection.run(readScript, this.#keys(id), args)
    if (reply === null) return null
    const [last, field, leaseLeftMs, entries] = reply as [number, string, number, Entry[]]
    const events = entries.flatMap(([entryId, [, lines = '']]) => {
      const each = lines.split('\n')
      const first = Number(entryId.slice(2)) - each.length + 1
      return first > after ? each : each.slice(after + 1 - first)
    })
    const ended = field === 'end' || field === 'seal'
    // Below half a millisecond Redis says 0, although the lease is still held.
    return { events, last, ended, leaseLeftMs: leaseLeftMs < 0 ? 0 : Math.max(leaseLeftMs, 1) }
  }

  async seal(id: string, { first, events }: LogBatch): Promise<void> {
    const last = first + events.length - 1
    const args = [
      this.#keepFor(0),
      String(first),
      String(last),
      events.join('\n'),
      this.#channel(id),
    ]
    await this.#connection.run(sealScript, this.#keys(id), args)
  }

  async stop(id: string): Promise<boolean> {
    return (await this.#connection.run(stopScript, this.#keys(id), [this.#stopChannel(id)])) === 1
  }

  subscribe(id: string, listener: LogListener): Promise<() => void> {
    return this.#channels.subscribe(this.#channel(id), {
      message(text) {
        const [header = '', ...events] = text.split('\n')
        const [kind, first] = header.split(' ')
        listener.appended({ first: Number(first), events, ended: kind !== 'events' })
      },
      missed: () => listener.missed(),
    })
  }

  onStop(id: string, callback: () => void): Promise<() => void> {
    // A channel of its own: a producer need not hear what it says itself.
    return this.#channels.subscribe(this.#stopChannel(id), { message: callback, missed() {} })
  }

  /** As the scripts take it. A stream is never forgotten while its lease is held. */
  #keepFor(leaseMs: number): string {
    return this.#ttlMs === Infinity ? '' : String(Math.ceil(Math.max(this.#ttlMs, leaseMs)))
  }

  #keys(id: string): [log: string, lease: string] {
    const base = this.#channel(id)
    return [`${base}:log`, `${base}:lease`]
  }

  #stopChannel(id: string): string {
    return `${this.#channel(id)}:stop`
  }

  /** The braces send all keys of an id to the same server of a cluster. */
  #channel(id: string): string {
    return `${this.#prefix}{${id.replaceAll(/[%{}]/g, encodeURIComponent)}}`
  }
}

type Entry = [id: string, fields: string[]]

function stateOf(reply: unknown): LeaseState {
  return states[Number(reply)] ?? 'lost'
}
