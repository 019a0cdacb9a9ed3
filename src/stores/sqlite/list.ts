/**
 * The list of conversations in SQLite.
 *
 * @module
 */

import type { ConversationPage, ListOptions } from '../../conversation/store.js'
import type { SqliteConnection } from './connection.js'
import type { SqliteValue } from './database.js'

interface ListRow {
  key: number
  id: string
  title: string | null
  updatedAt: number
  messageCount: number
}

/** Reads a part of the list. Called in a transaction. */
export function listConversations(
  connection: SqliteConnection,
  { limit = 50, before, prefix = '' }: ListOptions,
): ConversationPage {
  const [updated = Infinity, key = Infinity] = before?.split(' ').map(Number) ?? []
  const values: SqliteValue[] = [Date.now(), updated, key]
  // With a prefix, those that have it are found by the index of ids and then sorted. The plus sign
  // keeps SQLite from reading all conversations by the index of times instead.
  let order = 'updated'
  let range = ''
  if (prefix !== '') {
    order = '+updated'
    range = 'AND id >= ?'
    values.push(prefix)
    const end = endOf(prefix)
    if (end !== undefined) {
      range += ' AND id < ?'
      values.push(end)
    }
  }
  const rows = connection
    .sql(
      `SELECT key, id, title, updated AS updatedAt, count AS messageCount FROM sluice_conversations
       WHERE (expires IS NULL OR expires > ?) AND (${order}, key) < (?, ?) ${range} AND (count > 0
       OR EXISTS (SELECT 1 FROM sluice_drafts WHERE conversation = key))
       ORDER BY ${order} DESC, key DESC LIMIT ?`,
    )
    .all(...values, limit + 1) as ListRow[]
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    conversations: page.map(({ id, title, updatedAt, messageCount }) => ({
      id,
      ...(title !== null && { title }),
      updatedAt,
      messageCount,
    })),
    ...(last !== undefined && rows.length > limit && { next: `${last.updatedAt} ${last.key}` }),
  }
}

const lastCodePoint = 0x10ffff

/**
 * The first text after all that begin with the prefix, in the order of SQLite: that of code points.
 *
 * @returns undefined if there is none
 */
function endOf(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) as number)
  while (points.at(-1) === lastCodePoint) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  // Halves of surrogate pairs are no characters.
  const next = last + 1 === 0xd800 ? 0xe000 : last + 1
  return String.fromCodePoint(...points, next)
}
