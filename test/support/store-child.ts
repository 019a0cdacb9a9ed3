/**
 * A process that runs calls of a store and a log for another process, on the built package. Its own process object is the channel.
 */

import { DatabaseSync } from 'node:sqlite'
import { Pool, type PoolConfig } from 'pg'
import { StreamError } from 'sluice'
import type { ConversationLock, ConversationStore } from 'sluice/conversation'
import { postgresLog, postgresStore } from 'sluice/postgres'
import type { StreamLog } from 'sluice/resumable'
import { sqliteLog, sqliteStore } from 'sluice/sqlite'
import type { Call, ChildParameters, Reply } from './store-process.ts'

const parameters = JSON.parse(process.argv[2] ?? '') as ChildParameters
const open = 'path' in parameters ? openSqlite(parameters) : openPostgres(parameters)

const stores = new Map<number, ConversationStore>()
const logs = new Map<number, StreamLog>()
const locks = new Map<number, ConversationLock>()
const leaves = new Map<number, () => void>()
const waits = new Map<number, AbortController>()

interface Opened {
  store(options: { ttlMs: number }): ConversationStore
  log(options: { ttlMs: number }): StreamLog
}

function openSqlite({ path }: Extract<ChildParameters, { path: string }>): Opened {
  const database = new DatabaseSync(path)
  return {
    store: (options) => sqliteStore(database, options),
    log: (options) => sqliteLog(database, options),
  }
}

function openPostgres({
  postgres,
  listen: address,
}: Exclude<ChildParameters, { path: string }>): Opened {
  const poolOf = (config: PoolConfig): Pool => new Pool(config).on('error', () => {})
  const pool = poolOf(postgres)
  const listen = typeof address === 'object' ? poolOf(address) : address
  const own = listen === undefined ? {} : { listen }
  return {
    store: (options) => postgresStore(pool, { ...options, ...own }),
    log: (options) => postgresLog(pool, { ...options, ...own }),
  }
}

function cached<Value>(values: Map<number, Value>, ttlMs: number, make: () => Value): Value {
  const value = values.get(ttlMs) ?? make()
  values.set(ttlMs, value)
  return value
}

function reply(message: Reply): void {
  process.send?.(message)
}

async function run({ number, ttlMs, method, args }: Call): Promise<unknown> {
  const store = cached(stores, ttlMs, () => open.store({ ttlMs }))
  const log = cached(logs, ttlMs, () => open.log({ ttlMs }))
  const call = args as never[]
  const [id, second] = args as [string, never]
  switch (method) {
    case 'abort':
      return waits.get(second)?.abort(new Error('The test ends this wait.'))
    case 'lock': {
      const controller = new AbortController()
      waits.set(number, controller)
      const options = second as { ttlMs: number; wait?: boolean; aborted?: boolean }
      if (options.aborted) controller.abort(new Error('The test ends this wait.'))
      const lock = await store.lock(id, { ...options, signal: controller.signal })
      locks.set(number, lock)
      return undefined
    }
    case 'renewLock':
      return locks.get(second)?.renew()
    case 'releaseLock':
      return locks.get(second)?.release()
    case 'load':
    case 'write':
    case 'clear':
    case 'list':
      return (store[method] as (...all: never[]) => Promise<unknown>)(...call)
    case 'subscribe':
      leaves.set(
        number,
        await log.subscribe(id, {
          appended: (batch) => reply({ number, batch }),
          missed: () => reply({ number, missed: true }),
        }),
      )
      return undefined
    case 'onStop':
      leaves.set(number, await log.onStop(id, () => reply({ number, stopped: true })))
      return undefined
    case 'leave':
      return leaves.get(second)?.()
    default:
      return (log[method] as (...all: never[]) => Promise<unknown>)(...call)
  }
}

process.on('message', (call: Call) => {
  run(call).then(
    (result) => reply({ number: call.number, result }),
    (error: unknown) => {
      const { code, message } = StreamError.from(error)
      reply({ number: call.number, error: { code, message } })
    },
  )
})
