/**
 * Finds what is appended to streams, by any process, for all listeners of one log.
 *
 * @module
 */

import type { StreamError } from '../../base/errors.js'
import type { LogListener } from '../../resumable/log.js'
import type { Connection, Row } from './connection.js'
import type { Notifications } from './notifications.js'

/** The number of appends to one stream, and of streams, that are read at once. */
const pageLength = 64
const streamsLength = 500

/** A position after all events. */
const nowhere = Number.MAX_SAFE_INTEGER

/** A stream that somebody listens to. */
interface Channel {
  readonly id: string
  readonly listeners: Set<LogListener>
  readonly stops: Set<() => void>
  /** No subscription has resolved yet, so nobody can have missed anything. */
  isNew: boolean
  /** The last event that was reported; undefined until it is known. */
  position: number | undefined
  /** The key of the stream that the position is of: an id may be used again. */
  key: string | undefined
  isHeld: boolean
  isStopping: boolean
}

export interface WatchSettings {
  connection: Connection
  /** Undefined if it always polls. */
  notifications: Notifications | undefined
  pollMs: number
  onListenError: (error: StreamError) => void
}

/**
 * A notification has the position of what was appended; the events are read, those of all streams
 * that were notified meanwhile at once. While no notifications arrive, all streams are read in
 * intervals.
 */
export class Watch {
  readonly #settings: WatchSettings
  readonly #channels = new Map<string, Channel>()
  /** Those to read. */
  readonly #pending = new Set<Channel>()
  #stopListening: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isReading = false
  #hasFailed = false

  constructor(settings: WatchSettings) {
    this.#settings = settings
  }

  subscribe(id: string, listener: LogListener): Promise<() => void> {
    return this.#join(id, 'listeners', listener)
  }

  onStop(id: string, callback: () => void): Promise<() => void> {
    // A wrapper, because one callback may be given twice.
    return this.#join(id, 'stops', () => callback())
  }

  async #join<Kind extends 'listeners' | 'stops'>(
    id: string,
    kind: Kind,
    member: Channel[Kind] extends Set<infer Member> ? Member : never,
  ): Promise<() => void> {
    const channel = this.#channelOf(id)
    const members = channel[kind] as Set<unknown>
    if (kind === 'listeners' && members.size === 0) {
      // Until now, nobody read its events.
      channel.position = undefined
      channel.isNew = true
    }
    members.add(member)
    const leave = (): void => {
      members.delete(member)
      if (channel.listeners.size + channel.stops.size > 0) return
      if (this.#channels.get(id) === channel) this.#channels.delete(id)
      if (this.#channels.size > 0) return
      clearTimeout(this.#timer)
      this.#stopListening?.()
      this.#stopListening = undefined
    }
    // What is appended after this is notified, or is after the position of the channel.
    if (!this.#isListening && channel.position === undefined) {
      try {
        const [found] = await this.#read([channel])
        if (found !== undefined) missed(found, member)
      } catch (error) {
        leave()
        throw error
      }
    }
    channel.isNew = false
    return leave
  }

  get #isListening(): boolean {
    return this.#settings.notifications?.isListening === true
  }

  #channelOf(id: string): Channel {
    const known = this.#channels.get(id)
    if (known !== undefined) return known
    const channel: Channel = {
      id,
      listeners: new Set(),
      stops: new Set(),
      isNew: true,
      position: undefined,
      key: undefined,
      isHeld: false,
      isStopping: false,
    }
    this.#channels.set(id, channel)
    if (this.#channels.size === 1) this.#start()
    return channel
  }

  #start(): void {
    const { notifications, connection, onListenError } = this.#settings
    this.#stopListening ??= notifications?.add(connection.prefix, {
      note: (payload) => this.#note(payload),
      changed: (isListening) => this.#changed(isListening),
      failed: onListenError,
    })
    if (!this.#isListening) this.#pollLater()
  }

  #changed(isListening: boolean): void {
    clearTimeout(this.#timer)
    if (isListening) {
      // What was appended before it listened.
      this.#readSoon([...this.#channels.values()])
    } else {
      this.#pollLater()
    }
  }

  #pollLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (this.#channels.size === 0 || this.#isListening) return
      this.#readSoon([...this.#channels.values()])
      this.#pollLater()
    }, this.#settings.pollMs)
    // Whoever waits for a stream has a timer of its own, for the end of the lease.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  /** A payload: `<kind> <key> <first> <last> <id>`. */
  #note(payload: string): void {
    const [kind, key, first, last] = payload.split(' ', 4)
    const start = `${kind} ${key} ${first} ${last} `.length
    const channel = this.#channels.get(payload.slice(start))
    if (channel === undefined) return
    if (kind === 'stop') return stop(channel)
    if (kind === 'release') {
      channel.isHeld = false
      return missed(channel)
    }
    if (channel.listeners.size === 0) return
    if (channel.position === undefined || channel.key !== key) {
      channel.position = Number(first) - 1
      channel.key = key
    }
    if (Number(last) > channel.position) this.#readSoon([channel])
  }

  #readSoon(channels: readonly Channel[]): void {
    for (const channel of channels) this.#pending.add(channel)
    if (!this.#isReading) void this.#readPending()
  }

  async #readPending(): Promise<void> {
    this.#isReading = true
    while (this.#pending.size > 0) {
      const channels = [...this.#pending].slice(0, streamsLength)
      for (const channel of channels) this.#pending.delete(channel)
      try {
        const found = await this.#read(channels)
        this.#hasFailed = false
        // Between the last event that they know and the position there may be others.
        for (const channel of found) missed(channel)
      } catch {
        this.#fail(channels)
      }
    }
    this.#isReading = false
  }

  /** Listeners read the log themselves, and find out whether it fails for good. */
  #fail(channels: readonly Channel[]): void {
    for (const channel of channels) channel.position = undefined
    if (this.#hasFailed) return
    this.#hasFailed = !this.#isListening
    for (const channel of channels) missed(channel)
  }

  /** @returns the channels whose listeners may have missed events before the position */
  async #read(channels: readonly Channel[]): Promise<Channel[]> {
    const { connection } = this.#settings
    const unknown = channels.filter(({ position }) => position === undefined)
    const lost = unknown.filter(({ isNew }) => !isNew)
    const { prefix } = connection
    const rows = await connection.run(
      `SELECT s.id, s.key, s.last, (NOT s.ended AND s.leased > clock_timestamp())::int AS held,
         s.ended::int AS over, s.stopping::int AS stopping,
         e.first, e.last AS until, e.ended::int AS ended, e.lines
       FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS w (id, key, after)
       JOIN ${prefix}streams s ON s.id = w.id AND s.expires > clock_timestamp()
       LEFT JOIN LATERAL (
         SELECT first, last, ended, lines FROM ${prefix}entries
         WHERE stream = s.key AND last > CASE WHEN w.key = s.key OR w.after = ${nowhere}
           THEN w.after ELSE 0 END
         ORDER BY last LIMIT ${pageLength}) e ON true
       ORDER BY s.key, e.last`,
      [
        channels.map(({ id }) => id),
        channels.map(({ key }) => key ?? null),
        channels.map(({ position, listeners }) =>
          listeners.size === 0 ? nowhere : (position ?? nowhere),
        ),
      ],
    )
    const asked = new Map(channels.map((channel) => [channel.id, channel]))
    const counts = new Map<Channel, number>()
    for (const row of rows) {
      const channel = asked.get(String(row.id))
      if (channel === undefined) continue
      this.#report(channel, row)
      const count = (counts.get(channel) ?? 0) + 1
      counts.set(channel, count)
      if (count === pageLength && this.#channels.get(channel.id) === channel) {
        this.#pending.add(channel)
      }
    }
    // There is no such stream, so all events of a later one are new.
    for (const channel of unknown) channel.position ??= 0
    return lost
  }

  #report(channel: Channel, row: Row): void {
    const key = String(row.key)
    const isKnown = channel.position !== undefined
    const isHeld = row.held === 1
    if (isKnown && channel.isHeld && !isHeld && row.over !== 1) missed(channel)
    if (isKnown && row.stopping === 1) stop(channel)
    channel.isHeld = isHeld
    channel.isStopping = row.stopping === 1
    if (channel.key !== key) {
      if (isKnown && channel.key !== undefined) channel.position = 0
      channel.key = key
    }
    channel.position ??= Number(row.last)
    if (row.lines === null || Number(row.until) <= channel.position) return
    channel.position = Number(row.until)
    const batch = {
      first: Number(row.first),
      events: String(row.lines).split('\n'),
      ended: row.ended === 1,
    }
    for (const listener of copyOf(channel.listeners)) listener.appended(batch)
  }
}

/** @param except - does not need it */
function missed({ listeners }: Channel, except?: unknown): void {
  for (const listener of copyOf(listeners)) if (listener !== except) listener.missed()
}

function stop(channel: Channel): void {
  if (channel.isStopping) return
  channel.isStopping = true
  for (const callback of copyOf(channel.stops)) callback()
}

/** Because calling listeners may add or remove some. */
function copyOf<Member>(members: ReadonlySet<Member>): Member[] {
  return [...members]
}
