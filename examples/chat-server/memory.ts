/**
 * Where conversations and answers are kept: in a SQLite file, unless the environment names another
 * place. Any number of servers can share it.
 */

import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ConversationStore, memoryStore } from 'sluice/conversation'
import { memoryLog, type StreamLog } from 'sluice/resumable'

export interface Memory {
  /** Of the conversations. */
  store: ConversationStore
  /** Of the answers, event by event. */
  log: StreamLog
}

export interface OpenedMemory extends Memory {
  /** What is kept where, in one line. */
  summary: string
  close: () => Promise<void>
}

/** It ends with the process. */
export function processMemory(): Memory {
  return { store: memoryStore(), log: memoryLog() }
}

/** @throws Error if the file, or the server at the address, cannot be used */
export async function openMemory(environment: NodeJS.ProcessEnv): Promise<OpenedMemory> {
  const { DATABASE_URL: database, REDIS_URL: redis } = environment
  if (database && redis) throw new Error('Set DATABASE_URL or REDIS_URL, not both.')
  // Only a server that uses them needs their clients.
  if (database) return (await import('./memory-postgres.ts')).openPostgres(database)
  if (redis) return (await import('./memory-redis.ts')).openRedis(redis)
  return openFile(environment.DATA_DIR)
}

const checkout = fileURLToPath(new URL('../../', import.meta.url))

async function openFile(folder: string = ''): Promise<OpenedMemory> {
  const path = join(resolve(folder || join(checkout, '.data')), 'chat.db')
  const [{ DatabaseSync }, { sqliteLog, sqliteStore }] = await Promise.all([
    import('node:sqlite'),
    import('sluice/sqlite'),
  ])
  try {
    await mkdir(join(path, '..'), { recursive: true })
    const file = new DatabaseSync(path)
    const memory = { store: sqliteStore(file), log: sqliteLog(file) }
    // A file that is no database shows at the first question.
    await memory.store.load('')
    const summary = `Conversations are kept in ${path} (DATA_DIR).`
    return { ...memory, summary, close: async () => file.close() }
  } catch (error) {
    throw new Error(`The file ${path} cannot be used: ${messageOf(error)}`, { cause: error })
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
