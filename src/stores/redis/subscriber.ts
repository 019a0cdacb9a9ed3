/**
 * A connection that receives messages, by any supported client.
 *
 * @module
 */

import { closeClient, isIoredis, type RedisClient } from './client.js'
import type { RedisConnection } from './connection.js'

export interface SubscriberHandlers {
  onMessage(channel: string, message: string): void
  /** The connection is restored; messages may have been missed. */
  onReady(): void
  /** The client will not reconnect. */
  onEnd(): void
}

/**
 * Emitted when a connection is established or restored: by a single server, a cluster of
 * node-redis, and one of ioredis.
 */
const readyEvents = ['ready', 'node-ready', '+subscriber']

/** Emitted when the client will not reconnect: by ioredis, and by node-redis when it gives up. */
const endEvents = ['end', 'terminated']

export class RedisSubscriber {
  readonly #connection: RedisConnection
  readonly #client: RedisClient
  readonly #onMessage: (message: string, channel: string) => void

  /** @param client - connected, and used for nothing else */
  constructor(client: RedisClient, connection: RedisConnection, handlers: SubscriberHandlers) {
    this.#client = client
    this.#connection = connection
    this.#onMessage = (message, channel) => handlers.onMessage(channel, message)
    if (isIoredis(client)) {
      client.on('message', (channel = '', message = '') => handlers.onMessage(channel, message))
    }
    for (const event of readyEvents) client.on(event, () => handlers.onReady())
    for (const event of endEvents) client.on(event, () => handlers.onEnd())
  }

  /** Resolves once messages arrive. Harmless for channels that are already subscribed. */
  async subscribe(channels: readonly string[]): Promise<void> {
    const client = this.#client
    const ask = (): Promise<unknown> =>
      isIoredis(client)
        ? client.subscribe(...channels)
        : client.subscribe([...channels], this.#onMessage)
    await this.#connection.withDeadline(ask, 'answer SUBSCRIBE')
  }

  async unsubscribe(channel: string): Promise<void> {
    const client = this.#client
    if (isIoredis(client)) await client.unsubscribe(channel)
    else await client.unsubscribe([channel], this.#onMessage as never)
  }

  close(): void {
    closeClient(this.#client)
  }
}
