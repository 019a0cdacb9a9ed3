/**
 * Keeps streams of events in Redis.
 *
 * @module
 */

import { checkOptions, limit, type Rules } from '../../base/check-options.js'
import type {
  Claim,
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
import { taggedName } from './keys.js'
import {
  appendScript,
  claimScript,
  createScript,
  readScript,
  releaseScript,
  renewScript,
  sealScript,
  stopScript,
} from './log-scripts.js'
import { RunningStreams } from './running.js'

/** Options of `redisLog()`. */
export interface RedisLogOptions {
  /**
   * The prefix of every key and channel.
   * @default 'sluice:stream:'
   */
  prefix?: string
  /**
   * The time for which a stream is kept after its end or its last renewal, in milliseconds;
   * `Infinity` for no limit.
   * @default 600_000
   */
  ttlMs?: number
  /**
   * The limit for an answer of Redis, in milliseconds. After that, the command fails with code
   * `store`.
   * @default 5_000
   */
  commandTimeoutMs?: number
}

/** The number of appends that are read at once. */
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
 * An append is one command. Followers are notified by publish and subscribe, on one connection for
 * each process, which is open only while it is needed; missed events are read from the log. Tested
 * with Redis 7, a cluster included.
 *
 * @param client - a connected client of `redis` (node-redis) or `ioredis`; it stays yours
 * @throws TypeError for an invalid option, or an unsupported client
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
  readonly #running: RunningStreams

  constructor(connection: RedisConnection, prefix: string, ttlMs: number) {
    this.#connection = connection
    this.#channels = new RedisChannels(connection)
    this.#prefix = prefix
    this.#ttlMs = ttlMs
    this.#running = new RunningStreams({ connection, prefix, keysOf: (id) => this.#keys(id) })
  }

  async create(id: string, { fence, leaseMs }: Lease): Promise<boolean> {
    // First, so that no stream is there that cannot be found.
    await this.#running.add(id)
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
    const state = stateOf(await this.#connection.run(appendScript, this.#keys(id), args))
    if (ended && state !== 'lost') await this.#running.remove(id)
    return state
  }

  async renew(id: string, { fence, leaseMs }: Lease): Promise<LeaseState> {
    const args = [fence, String(leaseMs), this.#keepFor(leaseMs)]
    return stateOf(await this.#connection.run(renewScript, this.#keys(id), args))
  }

  async claim(id: string, { fence, leaseMs }: Lease): Promise<Claim | null> {
    const args = [fence, String(leaseMs), this.#keepFor(leaseMs)]
    const revivals = await this.#connection.run(claimScript, this.#keys(id), args)
    // Another server has the list, and may have lost it.
    if (revivals !== null) await this.#running.add(id).catch(() => {})
    return revivals === null ? null : { revivals: Number(revivals) }
  }

  async release(id: string, { fence }: Lease): Promise<void> {
    const args = [fence, this.#keepFor(0), this.#channel(id)]
    await this.#connection.run(releaseScript, this.#keys(id), args)
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
    return { events, last, ended, leaseLeftMs }
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
    if ((await this.#connection.run(sealScript, this.#keys(id), args)) === 1) {
      await this.#running.remove(id)
    }
  }

  abandoned(most: number): Promise<string[]> {
    return this.#running.abandoned(most)
  }

  async stop(id: string): Promise<boolean> {
    return (await this.#connection.run(stopScript, this.#keys(id), [this.#stopChannel(id)])) === 1
  }

  subscribe(id: string, listener: LogListener): Promise<() => void> {
    return this.#channels.subscribe(this.#channel(id), {
      message(text) {
        const [header = '', ...events] = text.split('\n')
        const [kind, first] = header.split(' ')
        if (kind === 'released') return listener.missed()
        listener.appended({ first: Number(first), events, ended: kind !== 'events' })
      },
      missed: () => listener.missed(),
    })
  }

  onStop(id: string, callback: () => void): Promise<() => void> {
    // A separate channel, so that a producer does not receive its own events.
    return this.#channels.subscribe(this.#stopChannel(id), { message: callback, missed() {} })
  }

  /** In the form that the scripts take. A stream is never removed while its lease is held. */
  #keepFor(leaseMs: number): string {
    return this.#ttlMs === Infinity ? '' : String(Math.ceil(Math.max(this.#ttlMs, leaseMs)))
  }

  #keys(id: string): [log: string, state: string] {
    const base = this.#channel(id)
    return [`${base}:log`, `${base}:state`]
  }

  #stopChannel(id: string): string {
    return `${this.#channel(id)}:stop`
  }

  #channel(id: string): string {
    return taggedName(this.#prefix, id)
  }
}

type Entry = [id: string, fields: string[]]

function stateOf(reply: unknown): LeaseState {
  return states[Number(reply)] ?? 'lost'
}
