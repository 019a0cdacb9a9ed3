/**
 * Messages of any number of channels, on one connection that is open while there are listeners.
 *
 * @module
 */

import type { RedisConnection } from './connection.js'
import { RedisSubscriber } from './subscriber.js'

export interface ChannelListener {
  message(message: string): void
  /** Messages may have been missed. */
  missed(): void
}

interface Channel {
  readonly listeners: Set<ChannelListener>
  /** Resolves once messages arrive. */
  ready: Promise<void>
}

/** The time for which a connection without listeners is kept, in milliseconds. */
const idleMs = 1_000

/** The wait before reconnecting, in milliseconds. */
const reopenMs = 200

export class RedisChannels {
  readonly #connection: RedisConnection
  readonly #channels = new Map<string, Channel>()
  #subscriber: Promise<RedisSubscriber> | undefined
  #idleTimer: ReturnType<typeof setTimeout> | undefined

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  /**
   * Resolves once messages arrive.
   *
   * @returns ends the subscription
   */
  async subscribe(name: string, listener: ChannelListener): Promise<() => void> {
    clearTimeout(this.#idleTimer)
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      channel = { listeners: new Set(), ready: this.#subscribe([name]) }
      this.#channels.set(name, channel)
    }
    channel.listeners.add(listener)
    const leave = (): void => this.#leave(name, channel, listener)
    try {
      await channel.ready
      return leave
    } catch (error) {
      leave()
      throw error
    }
  }

  #leave(name: string, channel: Channel, listener: ChannelListener): void {
    channel.listeners.delete(listener)
    if (channel.listeners.size > 0 || this.#channels.get(name) !== channel) return
    this.#channels.delete(name)
    // It has no listeners, so a failure does no harm.
    this.#subscriber?.then((subscriber) => subscriber.unsubscribe(name)).catch(() => {})
    if (this.#channels.size === 0) this.#idleTimer = setTimeout(() => this.#close(), idleMs)
  }

  async #subscribe(names: readonly string[]): Promise<void> {
    this.#subscriber ??= this.#open()
    const subscriber = await this.#subscriber
    await subscriber.subscribe(names)
  }

  #open(): Promise<RedisSubscriber> {
    const opening = this.#connect(() => this.#subscriber === opening)
    opening.catch(() => {
      if (this.#subscriber === opening) this.#subscriber = undefined
    })
    return opening
  }

  async #connect(isCurrent: () => boolean): Promise<RedisSubscriber> {
    const client = await this.#connection.duplicate()
    return new RedisSubscriber(client, this.#connection, {
      onMessage: (name, message) => {
        for (const listener of this.#listenersOf(name)) listener.message(message)
      },
      onReady: () => {
        if (isCurrent()) void this.#resubscribe()
      },
      onEnd: () => {
        if (isCurrent()) void this.#reopen()
      },
    })
  }

  /**
   * The clients resubscribe by themselves, but not all of them before they report that they are
   * ready.
   */
  async #resubscribe(): Promise<void> {
    const names = [...this.#channels.keys()]
    if (names.length === 0) return
    try {
      await this.#subscribe(names)
    } catch {
      // The connection broke again. It will emit its event again.
      return
    }
    this.#tellMissed()
  }

  /** Reopens the connection of a client that does not reconnect by itself. */
  async #reopen(): Promise<void> {
    this.#subscriber = undefined
    while (this.#channels.size > 0) {
      try {
        await this.#subscribe([...this.#channels.keys()])
        return this.#tellMissed()
      } catch {
        await new Promise((resolve) => setTimeout(resolve, reopenMs))
      }
    }
  }

  #tellMissed(): void {
    for (const name of this.#channels.keys()) {
      for (const listener of this.#listenersOf(name)) listener.missed()
    }
  }

  /** A copy, because calling listeners may add or remove some. */
  #listenersOf(name: string): ChannelListener[] {
    return [...(this.#channels.get(name)?.listeners ?? [])]
  }

  #close(): void {
    const subscriber = this.#subscriber
    this.#subscriber = undefined
    subscriber?.then((each) => each.close()).catch(() => {})
  }
}
