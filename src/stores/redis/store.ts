/**
 * Keeps conversations in Redis.
 *
 * @module
 */

import { checkOptions, limit, type Rules } from '../../base/check-options.js'
import { StreamError } from '../../base/errors.js'
import type { Message } from '../../base/messages.js'
import type {
  ConversationChange,
  ConversationLock,
  ConversationPage,
  ConversationStore,
  Draft,
  ListOptions,
  LockOptions,
  StoredConversation,
} from '../../conversation/store.js'
import { abortError } from '../../pull/abort.js'
import { pause } from '../pause.js'
import { keyPrefix, type RedisClient } from './client.js'
import { RedisConnection, redisError } from './connection.js'
import { taggedName } from './keys.js'
import { headOf, RedisList } from './list.js'
import {
  clearScript,
  loadScript,
  lockScript,
  releaseScript,
  renewScript,
  writeScript,
} from './store-scripts.js'

/** Options of `redisStore()`. */
export interface RedisStoreOptions {
  /**
   * The prefix of every key.
   * @default 'sluice:conversation:'
   */
  prefix?: string
  /**
   * The time for which a conversation is kept after its last turn, in milliseconds; `Infinity` for
   * no limit.
   * @default Infinity
   */
  ttlMs?: number
  /**
   * The limit for an answer of Redis, in milliseconds. After that, the command fails with code
   * `store`.
   * @default 5_000
   */
  commandTimeoutMs?: number
}

/**
 * The time for which the version of a cleared conversation is kept if conversations are kept without
 * a limit, in milliseconds. Longer than any turn that it has to fence off.
 */
const clearedMs = 86_400_000

/**
 * The polling interval of a waiting process, in milliseconds for each place in the queue, up to ten
 * times as much. The first in line finds a free lock within 100 ms, and a hundred that wait for the
 * same conversation cost about 160 small commands a second. A notification instead, by a blocking
 * command or by publish and subscribe, would take another connection, and polling all the same in
 * case it breaks.
 */
const pollMs = 100
/**
 * A waiting process that has not polled for this long is gone: two seconds more than the longest
 * pause, for a process that is busy.
 */
const silentMs = 3_000

const rules: Rules<RedisStoreOptions> = {
  prefix: keyPrefix,
  ttlMs: limit,
  commandTimeoutMs: limit,
}

/**
 * Keeps conversations in Redis, so that any process can continue them.
 *
 * Works with a cluster, too, because all keys of a conversation share the hash tag of its id.
 * Tested with Redis 7. The list has conversations that were changed by this version or a later one.
 *
 * @param client - a connected client of `redis` (node-redis) or `ioredis`; it stays yours
 * @throws TypeError for an invalid option, or an unsupported client
 */
export function redisStore(
  client: RedisClient,
  options: RedisStoreOptions = {},
): ConversationStore {
  checkOptions('', options, rules)
  const { prefix = 'sluice:conversation:', ttlMs = Infinity, commandTimeoutMs = 5_000 } = options
  return new RedisStore(new RedisConnection(client, commandTimeoutMs), prefix, ttlMs)
}

class RedisStore implements ConversationStore {
  readonly #connection: RedisConnection
  readonly #prefix: string
  /** The time to live, in the form that the scripts take. */
  readonly #ttl: string
  readonly #list: RedisList

  constructor(connection: RedisConnection, prefix: string, ttlMs: number) {
    this.#connection = connection
    this.#list = new RedisList({
      connection,
      prefix,
      ttlMs,
      keyOf: (id) => this.#key(id, 'history'),
    })
    this.#prefix = prefix
    this.#ttl = ttlMs === Infinity ? '' : String(Math.ceil(ttlMs))
  }

  async load(id: string): Promise<StoredConversation> {
    const reply = await this.#connection.run(loadScript, [this.#key(id, 'history')], [])
    const [head, draft = '', ...messages] = reply as string[]
    const { version = null, title } = head === undefined ? {} : headOf(head)
    try {
      return {
        messages: messages.map((json) => JSON.parse(json) as Message),
        version,
        ...(draft !== '' && { draft: JSON.parse(draft) as Draft }),
        ...(title !== undefined && { title }),
      }
    } catch (cause) {
      const message = `Conversation "${id}" contains a value that is not a message. Check whether something else uses its key.`
      throw new StreamError('store', message, { cause })
    }
  }

  async write(
    id: string,
    { keep = Infinity, add = [], draft, title }: ConversationChange,
    expectedVersion: string | null,
  ): Promise<string> {
    const version = crypto.randomUUID()
    const args = [
      expectedVersion ?? '',
      version,
      this.#ttl,
      keep === Infinity ? '' : String(keep),
      draft === undefined ? '0' : '1',
      draft === undefined || draft === null ? '' : JSON.stringify(draft),
      title === undefined ? '' : ` ${title}`,
      ...add.map((message) => JSON.stringify(message)),
    ]
    const key = this.#key(id, 'history')
    if (expectedVersion === null) await this.#list.touch(id)
    if ((await this.#connection.run(writeScript, [key], args)) === 1) {
      // What is stored is stored: the list has the time of the change before, until the next one.
      if (expectedVersion !== null) await this.#list.touch(id).catch(() => {})
      return version
    }
    throw new StreamError('conflict', `Conversation "${id}" has changed since it was loaded.`)
  }

  async clear(id: string): Promise<void> {
    const keys = [this.#key(id, 'history'), this.#key(id, 'lock')] as const
    const args = [crypto.randomUUID(), this.#ttl || String(clearedMs)]
    const isCleared = (await this.#connection.run(clearScript, [...keys], args)) === 1
    if (isCleared) await this.#list.touch(id, clearedMs).catch(() => {})
  }

  list(options: ListOptions = {}): Promise<ConversationPage> {
    return this.#list.read(options)
  }

  async lock(id: string, { ttlMs, wait = true, signal }: LockOptions): Promise<ConversationLock> {
    const token = crypto.randomUUID()
    const lease = String(Math.ceil(ttlMs))
    const history = this.#key(id, 'history')
    const lock = this.#key(id, 'lock')
    const queues = [this.#key(id, 'queue'), this.#key(id, 'asked')] as const
    const release = async (): Promise<void> => {
      await this.#connection.run(releaseScript, [lock, ...queues], [token])
    }
    try {
      const args = [token, lease, this.#ttl, wait ? '1' : '0', String(silentMs)]
      for (;;) {
        if (signal?.aborted) throw abortError(signal.reason)
        const place = await this.#connection.run(lockScript, [history, lock, ...queues], args)
        if (signal?.aborted) throw abortError(signal.reason)
        if (place === 0) break
        if (!wait) {
          throw new StreamError('conflict', `Another turn of conversation "${id}" is running.`)
        }
        await pause(pollMs * Math.min(Number(place), 10) * (0.5 + Math.random() / 2), signal)
      }
    } catch (error) {
      if (redisError(error).code !== 'conflict') {
        // The lock may have been taken although the answer was lost. If this fails, too, the lease
        // runs out.
        const released = release().catch(() => {})
        if (signal?.aborted) await released
      }
      throw error
    }
    const renew = async (): Promise<void> => {
      const held = await this.#connection.run(
        renewScript,
        [history, lock],
        [token, lease, this.#ttl],
      )
      if (held === 1) return
      const message = `The lock of conversation "${id}" ran out, and another turn took it.`
      throw new StreamError('conflict', message)
    }
    return { renew, release }
  }

  #key(id: string, name: string): string {
    return `${taggedName(this.#prefix, id)}:${name}`
  }
}
