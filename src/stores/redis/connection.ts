/**
 * Sends commands to Redis, by any supported client.
 *
 * @module
 */

import { StreamError } from '../../base/errors.js'
import {
  checkClient,
  closeClient,
  duplicateClient,
  isIoredis,
  isNodeRedisCluster,
  type RedisClient,
} from './client.js'

/** Lua that Redis runs atomically. Running it twice MUST do no harm. */
export interface RedisScript {
  readonly lua: string
  /** The hash that runs the script once Redis has it. */
  sha?: Promise<string>
}

/** The wait before repeating a command whose connection broke, in milliseconds. */
const againMs = 50

/**
 * A connection that fails with a `StreamError` of code `store` instead of hanging: while Redis is
 * unavailable, both clients queue commands without a limit.
 */
export class RedisConnection {
  readonly #client: RedisClient
  readonly #timeoutMs: number

  /**
   * @param timeoutMs - how long a command may take. A command that has not been sent by then is
   * never sent by node-redis, but ioredis may still send it
   * @throws TypeError for an unsupported client
   */
  constructor(client: RedisClient, timeoutMs: number) {
    this.#client = checkClient(client)
    this.#timeoutMs = timeoutMs
  }

  /**
   * Strings are returned as strings, numbers as numbers.
   *
   * @param key - selects the server of a cluster; the command MUST contain it, too
   */
  send(key: string, command: readonly [name: string, ...args: string[]]): Promise<unknown> {
    const controller = new AbortController()
    return withDeadline(
      () => this.#send(key, command, controller.signal),
      this.#timeoutMs,
      `answer ${command[0]}`,
      () => controller.abort(),
    )
  }

  /**
   * Runs a script, and repeats it within its time if the connection breaks.
   *
   * @param keys - at least one; in a cluster all with the same hash tag
   */
  async run(
    script: RedisScript,
    keys: readonly [string, ...string[]],
    args: readonly string[],
  ): Promise<unknown> {
    const giveUpAt = Date.now() + this.#timeoutMs
    for (;;) {
      try {
        return await this.#run(script, keys, args)
      } catch (error) {
        if (!isPassing(error) || Date.now() >= giveUpAt) throw error
        await new Promise((resolve) => setTimeout(resolve, againMs))
      }
    }
  }

  /** Another client with the same settings, connected. The caller closes it. */
  async duplicate(): Promise<RedisClient> {
    const client = duplicateClient(this.#client)
    await withDeadline(
      () => client.connect(),
      this.#timeoutMs,
      'accept a connection',
      () => closeClient(client),
    )
    return client
  }

  /** Fails like a command that takes too long. */
  withDeadline(ask: () => Promise<unknown>, what: string): Promise<unknown> {
    return withDeadline(ask, this.#timeoutMs, what, () => {})
  }

  async #run(
    script: RedisScript,
    keys: readonly [string, ...string[]],
    args: readonly string[],
  ): Promise<unknown> {
    script.sha ??= sha1(script.lua)
    const rest = [String(keys.length), ...keys, ...args]
    try {
      return await this.send(keys[0], ['EVALSHA', await script.sha, ...rest])
    } catch (error) {
      const { cause } = redisError(error)
      if (!(cause instanceof Error) || !cause.message.startsWith('NOSCRIPT')) throw error
      return this.send(keys[0], ['EVAL', script.lua, ...rest])
    }
  }

  #send(key: string, command: readonly string[], abortSignal: AbortSignal): Promise<unknown> {
    const client = this.#client
    // ioredis finds the keys of every command and routes by them.
    if (isIoredis(client)) return client.call(command[0] ?? '', command.slice(1))
    // Replies have their default types, whatever the user's own client maps them to. The client's
    // own timeout would create an AbortSignal for each command, which costs a third of the
    // command's time.
    const options = { abortSignal, timeout: 0, typeMapping: {} }
    if (isNodeRedisCluster(client)) return client.sendCommand(key, false, [...command], options)
    return client.sendCommand(command, options)
  }
}

/** A failure of Redis or of the connection to it. */
export function redisError(error: unknown): StreamError {
  if (StreamError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new StreamError('store', `Redis: ${message}`, { cause: error })
}

/** Whether the same command may succeed in a moment: its connection broke, or Redis is starting. */
function isPassing(error: unknown): boolean {
  const { cause } = redisError(error)
  if (!(cause instanceof Error)) return false
  if ('code' in cause && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE')) return true
  // The first is from node-redis; ioredis repeats commands by itself.
  return /^(Socket closed unexpectedly|LOADING)/.test(cause.message)
}

async function withDeadline(
  ask: () => Promise<unknown>,
  timeoutMs: number,
  what: string,
  giveUp: () => void,
): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    if (timeoutMs === Infinity) return
    timer = setTimeout(() => {
      reject(new StreamError('store', `Redis did not ${what} within ${timeoutMs} ms.`))
      giveUp()
    }, timeoutMs)
  })
  try {
    return await Promise.race([ask(), late])
  } catch (error) {
    throw redisError(error)
  } finally {
    clearTimeout(timer)
  }
}

async function sha1(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
