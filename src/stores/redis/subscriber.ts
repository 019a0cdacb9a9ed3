/**
 * A connection that messages come on, by whichever client.
 *
 * @module
 */

import { closeClient, isIoredis, type RedisClient } from './client.js'
import type { RedisConnection } from './connection.js'

export interface SubscriberHandlers {
  onMessage(channel: string, message: string): void
  /** The connection is there again, and messages may have been missed. */
  onReady(): void
  /** The connection will not come back. */
  onEnd(): void
}

/** What says that a connection is there (again): a single server, a cluster of node-redis, and one of ioredis. */
const readyEvents = ['ready', 'node-ready', '+subscriber']

/** What says that it will not come back: ioredis, and node-redis when it gives up. */
const endEvents = ['end', 'terminated']

export class RedisSubscriber {
  readonly #connection: RedisConnection
  readonly #client: RedisClient
  readonly #onMessage: (message: string, channel: string) => void

  /** @param client - connected, and for this alone */
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

  /** Resolves when messages come. Harmless for channels that are subscribed already. */
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
