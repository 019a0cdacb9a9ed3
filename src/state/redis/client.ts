/**
 * One face for the Redis clients that users have: node-redis (`redis`) and ioredis, each as a single server or a cluster.
 *
 * @module
 */

import { StreamError } from '../../errors.js'

/** A client of node-redis: `createClient()`. */
export interface NodeRedisClient {
  sendCommand(command: readonly string[], options?: object): Promise<unknown>
  duplicate(): NodeRedisClient
  connect(): Promise<unknown>
  destroy(): void
  on(event: 'error', listener: (error: unknown) => void): unknown
}

/** A cluster of node-redis: `createCluster()`. */
export interface NodeRedisCluster {
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    command: string[],
    options?: object,
  ): Promise<unknown>
  duplicate(): NodeRedisCluster
  connect(): Promise<unknown>
  destroy(): void
  on(event: 'error', listener: (error: unknown) => void): unknown
  readonly masters: unknown
}

/** A client of ioredis: `new Redis()` or `new Cluster()`. */
export interface IoredisClient {
  call(command: string, args: string[]): Promise<unknown>
  duplicate(...args: never[]): IoredisClient
  connect(): Promise<unknown>
  disconnect(): void
  on(event: 'error', listener: (error: unknown) => void): unknown
  readonly isCluster: boolean
}

/** A connected client of `redis` (node-redis) or `ioredis`. It stays the caller's, who closes it and listens to its errors. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoredisClient

/** Lua that Redis runs as one step. */
export interface RedisScript {
  readonly lua: string
  /** How Redis calls it once it knows it. */
  sha?: Promise<string>
}

/**
 * A connection that fails with a `StreamError` of code `store`, and never hangs: while Redis is away, both clients queue
 * commands for as long as it takes.
 */
export class RedisConnection {
  /** Whether the keys live on several servers, so that all keys of one command MUST share a hash tag. */
  readonly isCluster: boolean
  readonly #client: RedisClient
  readonly #timeoutMs: number

  /**
   * @param timeoutMs - how long a command may take; one that the client has not sent by then is never sent by node-redis, but may
   * be by ioredis
   * @throws TypeError if the client is none that is known
   */
  constructor(client: RedisClient, timeoutMs: number) {
    this.#client = checkClient(client)
    this.#timeoutMs = timeoutMs
    this.isCluster = isIoredis(client) ? client.isCluster : isNodeRedisCluster(client)
  }

  /**
   * Strings come as strings, numbers as numbers; a reply that is a map (such as that of `XREAD`) goes through `pairsOf`.
   *
   * @param key - says which server of a cluster is asked; it has to be in the command too
   * @param timeoutMs - `Infinity` for a command that waits for something to happen
   */
  send(
    key: string,
    command: readonly [name: string, ...args: string[]],
    timeoutMs: number = this.#timeoutMs,
  ): Promise<unknown> {
    const controller = new AbortController()
    return withDeadline(
      () => this.#send(key, command, controller.signal),
      timeoutMs,
      `answer ${command[0]}`,
      () => controller.abort(),
    )
  }

  /**
   * Both clients may send a command again after a lost connection although it has been run: a script MUST do no harm when it is
   * run twice.
   *
   * @param keys - at least one; in a cluster all of one hash tag
   */
  async run(
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

  /** Another connection with the same settings, for commands that block. Whoever asks for it destroys it. */
  async duplicate(): Promise<RedisConnection> {
    const client = duplicate(this.#client)
    // A client without a listener for its errors ends the process; ours are told by the commands that fail.
    client.on('error', () => {})
    const connection = new RedisConnection(client, this.#timeoutMs)
    const connect = (): Promise<unknown> => client.connect()
    await withDeadline(connect, this.#timeoutMs, 'accept a connection', () => connection.destroy())
    return connection
  }

  /** Closes the connection at once. What it waits for fails. */
  destroy(): void {
    try {
      if (isIoredis(this.#client)) this.#client.disconnect()
      else this.#client.destroy()
    } catch {
      // node-redis throws if it is closed already.
    }
  }

  #send(key: string, command: readonly string[], abortSignal: AbortSignal): Promise<unknown> {
    const client = this.#client
    // ioredis knows the position of the keys in every command, and routes by them.
    if (isIoredis(client)) return client.call(command[0] ?? '', command.slice(1))
    // Replies come as they do by default, whatever the user's own calls turn them into.
    const options = { abortSignal, typeMapping: {} }
    if (isNodeRedisCluster(client)) return client.sendCommand(key, false, [...command], options)
    return client.sendCommand(command, options)
  }
}

/** The reply of a command that answers with a map: an object, pairs one after the other, or pairs in pairs. */
export function pairsOf(reply: unknown): [string, unknown][] {
  if (typeof reply !== 'object' || reply === null) return []
  if (!Array.isArray(reply)) return Object.entries(reply)
  if (Array.isArray(reply[0])) return reply as [string, unknown][]
  return reply.flatMap((key: string, position): [string, unknown][] =>
    position % 2 === 0 ? [[key, reply[position + 1]]] : [],
  )
}

/** A failure of Redis or of the way to it. */
export function redisError(error: unknown): StreamError {
  if (StreamError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new StreamError('store', `Redis: ${message}`, { cause: error })
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

function checkClient(client: RedisClient): RedisClient {
  if (typeof client === 'object' && client !== null) {
    if (isIoredis(client)) return client
    // A sentinel of node-redis takes its arguments in another order, and a pool cannot be duplicated.
    const isSentinel = 'getSentinelNode' in client
    const canSend = 'sendCommand' in client && typeof client.sendCommand === 'function'
    if (canSend && typeof client.duplicate === 'function' && !isSentinel) return client
  }
  throw new TypeError(
    'The Redis client is none that is known. Allowed: createClient() or createCluster() of "redis", new Redis() or new Cluster() of "ioredis".',
  )
}

function isIoredis(client: RedisClient): client is IoredisClient {
  // Both have a `sendCommand`, which takes different things.
  return 'call' in client && typeof client.call === 'function'
}

function isNodeRedisCluster(
  client: NodeRedisClient | NodeRedisCluster,
): client is NodeRedisCluster {
  return 'masters' in client
}

function duplicate(client: RedisClient): RedisClient {
  if (!isIoredis(client)) return client.duplicate()
  const copy = client.duplicate.bind(client) as (...args: unknown[]) => IoredisClient
  // A limit that fits short commands would end one that waits for something to happen.
  const redisOptions = { commandTimeout: undefined }
  return client.isCluster
    ? copy([], { lazyConnect: true, redisOptions })
    : copy({ lazyConnect: true, ...redisOptions })
}

async function sha1(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
