/**
 * The options that stores and logs share.
 *
 * @module
 */

import { callHook } from '../../base/call-hook.js'
import { func, isDelay, limit, type Rule, type Rules, rule } from '../../base/check-options.js'
import type { StreamError } from '../../base/errors.js'
import { longestDelayMs } from '../../base/timers.js'
import { Connection } from './connection.js'
import { type Notifications, notificationsOf } from './notifications.js'
import { checkPool, type PostgresPool, poolOrFalse } from './pool.js'
import { defaultPrefix, tablePrefix } from './tables.js'

/** Options of `postgresStore()` and `postgresLog()`. */
export interface PostgresOptions {
  /**
   * The prefix of the names of all tables. It may begin with the name of a schema, such as
   * `chat.sluice_`.
   * @default 'sluice_'
   */
  prefix?: string
  /**
   * The limit for an answer of Postgres, with the wait for a connection of the pool, in
   * milliseconds. After that, the call fails with code `store`. A call whose connection breaks is
   * repeated until then, so a restart of the server that is quicker fails nothing.
   * @default 5_000
   */
  commandTimeoutMs?: number
  /**
   * The pool that gives the connection for LISTEN. Behind a pooler in transaction mode, pass a pool
   * with the direct address of the same database, because such a pooler loses notifications. `false`
   * never listens, but polls every `pollMs`.
   *
   * The pool of the store needs room for a second connection: with `max: 1`, it polls.
   * @default the pool of the store
   */
  listen?: PostgresPool | false
  /**
   * The polling interval while no notifications arrive, in milliseconds. A process then makes one
   * small query in each interval for all streams that it follows or produces, and one for each
   * caller that waits for a lock; followers are late by half of it on average.
   * @default 250
   */
  pollMs?: number
  /**
   * Called when notifications do not arrive, once until they do again. Meanwhile it polls every
   * `pollMs`, and tries again to listen.
   * @default does nothing
   */
  onListenError?: (error: StreamError) => void
}

const interval: Rule = rule(
  `milliseconds from 1 to ${longestDelayMs}`,
  (value) => isDelay(value) && Number(value) >= 1 && value !== Infinity,
)

export const postgresRules: Rules<PostgresOptions> = {
  prefix: tablePrefix,
  commandTimeoutMs: limit,
  listen: poolOrFalse,
  pollMs: interval,
  onListenError: func,
}

export interface OpenPool {
  connection: Connection
  /** Undefined if it always polls. */
  notifications: Notifications | undefined
  pollMs: number
  onListenError: (error: StreamError) => void
}

/** @throws TypeError for an unsupported pool */
export function openPool(pool: PostgresPool, options: PostgresOptions): OpenPool {
  const { prefix = defaultPrefix, commandTimeoutMs = 5_000, listen = pool } = options
  const { pollMs = 250 } = options
  const onListenError = (error: StreamError): void => callHook(options.onListenError, error)
  const connection = new Connection(checkPool(pool), prefix, commandTimeoutMs)
  const notifications =
    listen === false ? undefined : notificationsOf(checkPool(listen), pool, connection)
  return { connection, notifications, pollMs, onListenError }
}
