/**
 * The supported pools, and the failures of Postgres.
 *
 * @module
 */

import { has, type Rule, rule } from '../../base/check-options.js'
import { StreamError } from '../../base/errors.js'

/** A connection of a pool. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
  /** @param error - true closes the connection instead of keeping it */
  release(error?: Error | boolean): void
  on(event: 'notification', listener: (note: { payload?: string | undefined }) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}

/**
 * A `Pool` of `pg`, or one with the same methods. The caller owns it: ends it, and listens to its
 * errors. Without a listener, Node ends the process when an idle connection of the pool breaks.
 */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  /** Whether `end()` was called. */
  readonly ending?: boolean
  readonly options?: { readonly max?: number | null | undefined }
}

/** The rule of an option that is another pool. */
export const poolOrFalse: Rule = rule(
  'false, or new Pool() of "pg"',
  (value) => value === false || has(value, 'connect'),
)

/** @throws TypeError for an unsupported pool */
export function checkPool(pool: PostgresPool): PostgresPool {
  // A client has the method, too, but cannot give a connection for each call.
  if (has(pool, 'connect') && !has(pool, 'getTransactionStatus')) return pool
  throw new TypeError('Unsupported Postgres pool. Allowed: new Pool() of "pg".')
}

/** A failure of Postgres or of the connection to it. */
export function postgresError(error: unknown): StreamError {
  if (StreamError.is(error)) return error
  const text = error instanceof Error ? error.message : String(error)
  // Several addresses of one host that all refuse are one error without a message.
  const message = text || codeOf(error)
  return new StreamError('store', `Postgres: ${message}${hintFor(error)}`, { cause: error })
}

/** Its code: five letters and digits of Postgres, or a word of Node. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : ''
}

function hintFor(error: unknown): string {
  // insufficient_privilege
  if (codeOf(error) !== '42501') return ''
  return '. If the tables do not exist, create them with migrate(pool) or the text of schema(), by a role that may.'
}

/**
 * Whether the same call may succeed in a moment: the connection broke, the server is starting or
 * stopping, or Postgres chose this transaction to end a deadlock.
 */
export function isPassing(error: unknown): boolean {
  const { cause } = postgresError(error)
  if (/^(08|57P0[1-3]|40001|40P01|ECONNREFUSED|ECONNRESET|EPIPE)/.test(codeOf(cause))) return true
  // Errors of `pg` have no code. The second one is of a connection that broke while it was idle.
  return (
    cause instanceof Error &&
    /^(Connection terminated|Client has encountered a connection error)/.test(cause.message)
  )
}
