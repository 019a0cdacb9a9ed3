/**
 * Finds new entries of the log, of this process and of others, for all listeners on one connection.
 *
 * @module
 */

import { Listeners } from '../listeners.js'
import type { SqliteConnection } from './connection.js'

export interface EntryListener {
  /** Called with what was appended to a stream: `events`, `end`, `stop` or `release`. */
  entry(kind: string, first: number, lines: string): void
  /** The kinds that it receives. */
  readonly kinds: readonly string[]
  /** Called when entries may have been missed. */
  missed(): void
}

/**
 * SQLite has no notifications between processes. A look at the version of the file costs some
 * microseconds and reads nothing from the disk. While entries arrive, one look follows another
 * within the time between two tokens; in silence the waits grow to the longest one.
 */
const shortestMs = 4
const longestMs = 50
const growth = 1.5

/** The number of entries that are read at once. */
const pageLength = 500

interface Row {
  seq: number
  id: string
  kind: string
  first: number | null
}

const watches = new WeakMap<SqliteConnection, Watch>()

/** The watch of a connection, which all its logs share. */
export function watchOf(connection: SqliteConnection): Watch {
  let watch = watches.get(connection)
  if (watch === undefined) {
    watch = new Watch(connection)
    watches.set(connection, watch)
  }
  return watch
}

export class Watch {
  readonly #connection: SqliteConnection
  readonly #listeners = new Listeners<EntryListener>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #delayMs = shortestMs
  /** Of the file, as changed by other connections. */
  #version = 0
  /** The last entry that was read. */
  #seq = 0
  #isLooking = false
  #hasFailed = false

  constructor(connection: SqliteConnection) {
    this.#connection = connection
    connection.onCommit = () => this.#lookSoon()
  }

  /**
   * The listener receives everything that is appended once the promise has resolved.
   *
   * @returns ends the subscription
   */
  async subscribe(id: string, listener: EntryListener, busyTimeoutMs: number): Promise<() => void> {
    // What is appended from here on has a higher number.
    if (this.#listeners.isEmpty) {
      await this.#connection.run('read', busyTimeoutMs, () => {
        if (!this.#listeners.isEmpty) return
        this.#version = this.#fileVersion()
        this.#seq = this.#newestSeq()
      })
    }
    const leave = this.#listeners.add(id, listener)
    this.#tickIn(shortestMs)
    return () => {
      leave()
      if (this.#listeners.isEmpty) clearTimeout(this.#timer)
    }
  }

  #tickIn(delayMs: number): void {
    clearTimeout(this.#timer)
    this.#delayMs = delayMs
    this.#timer = setTimeout(() => this.#tick(), delayMs)
    // Whoever waits for a stream has a timer of its own, for the end of the lease.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  #tick(): void {
    let version = this.#version
    try {
      version = this.#fileVersion()
    } catch {
      this.#fail()
    }
    const isChanged = version !== this.#version
    this.#version = version
    if (isChanged) this.#look()
    if (this.#listeners.isEmpty) return
    this.#tickIn(isChanged ? shortestMs : Math.min(this.#delayMs * growth, longestMs))
  }

  /** After a commit of this connection, which does not change the version that it sees. */
  #lookSoon(): void {
    if (this.#isLooking || this.#listeners.isEmpty) return
    this.#isLooking = true
    queueMicrotask(() => {
      this.#isLooking = false
      this.#look()
    })
  }

  #look(): void {
    try {
      for (;;) {
        const rows = this.#connection
          .sql(
            `SELECT e.seq, s.id, e.kind, e.first FROM sluice_entries e
             JOIN sluice_streams s ON s.key = e.stream WHERE e.seq > ? ORDER BY e.seq LIMIT ?`,
          )
          .all(this.#seq, pageLength) as Row[]
        for (const row of rows) {
          this.#seq = row.seq
          this.#report(row)
        }
        this.#hasFailed = false
        if (rows.length < pageLength) return
      }
    } catch {
      this.#fail()
    }
  }

  #report({ seq, id, kind, first }: Row): void {
    const listeners = this.#listeners.of(id).filter(({ kinds }) => kinds.includes(kind))
    if (listeners.length === 0) return
    let lines = ''
    if (first !== null) {
      const row = this.#connection.sql('SELECT lines FROM sluice_entries WHERE seq = ?').get(seq)
      // Deleted since then
      if (row === undefined || row === null) return
      lines = (row as { lines: string }).lines
    }
    for (const listener of listeners) listener.entry(kind, first ?? 0, lines)
  }

  /** Listeners read the log themselves, and find out whether it fails for good. */
  #fail(): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    for (const listener of this.#listeners.all()) listener.missed()
  }

  #fileVersion(): number {
    const row = this.#connection.sql('PRAGMA data_version').get() as { data_version: number }
    return row.data_version
  }

  #newestSeq(): number {
    const row = this.#connection.sql('SELECT max(seq) AS seq FROM sluice_entries').get()
    return (row as { seq: number | null }).seq ?? 0
  }
}
