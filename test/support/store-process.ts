import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { PoolConfig } from 'pg'
import type { ConversationStore } from '../../src/entries/conversation.js'
import { StreamError, type StreamErrorCode } from '../../src/entries/index.js'
import type { LogBatch, LogListener, StreamLog } from '../../src/entries/resumable.js'

/** A SQLite file, or the address of a Postgres server. */
export type ChildParameters =
  | { path: string }
  | { postgres: PoolConfig; listen?: PoolConfig | false }

type Method =
  | keyof StreamLog
  | keyof ConversationStore
  | 'abort'
  | 'renewLock'
  | 'releaseLock'
  | 'leave'

export interface Call {
  number: number
  ttlMs: number
  method: Method
  args: readonly unknown[]
}

export interface Reply {
  /** Of the call. */
  number: number
  result?: unknown
  error?: { code: StreamErrorCode; message: string }
  batch?: LogBatch
  missed?: true
  stopped?: true
}

/** The store and the log of another process. */
export class StoreProcess {
  readonly process: ChildProcess
  #calls = 0
  readonly #replies = new Map<number, (reply: Reply) => void>()
  readonly #listeners = new Map<number, (reply: Reply) => void>()

  constructor(parameters: ChildParameters) {
    const script = fileURLToPath(new URL('store-child.ts', import.meta.url))
    this.process = fork(script, [JSON.stringify(parameters)], { execArgv: ['--no-warnings'] })
    this.process.on('message', (message) => {
      const reply = message as Reply
      const isNote = reply.batch ?? reply.missed ?? reply.stopped
      const receivers = isNote === undefined ? this.#replies : this.#listeners
      receivers.get(reply.number)?.(reply)
    })
    this.process.once('exit', () => {
      for (const [number, receive] of this.#replies) {
        receive({ number, error: { code: 'store', message: 'The process has ended.' } })
      }
    })
  }

  store(ttlMs: number): ConversationStore {
    const call = <Result>(method: Method, ...args: unknown[]): Promise<Result> =>
      this.#call<Result>(ttlMs, method, args).result
    return {
      load: (id) => call('load', id),
      write: (id, change, version) => call('write', id, change, version),
      clear: (id) => call('clear', id),
      list: (options) => call('list', options),
      lock: async (id, { signal, ...options }) => {
        const aborted = signal?.aborted
        const { number, result } = this.#call<void>(ttlMs, 'lock', [id, { ...options, aborted }])
        const onAbort = (): void => void call('abort', id, number)
        signal?.addEventListener('abort', onAbort)
        await result.finally(() => signal?.removeEventListener('abort', onAbort))
        return {
          renew: () => call('renewLock', id, number),
          release: () => call('releaseLock', id, number),
        }
      },
    }
  }

  log(ttlMs: number): StreamLog {
    const call = <Result>(method: Method, ...args: unknown[]): Promise<Result> =>
      this.#call<Result>(ttlMs, method, args).result
    const listen = async (
      method: 'subscribe' | 'onStop',
      id: string,
      listener: (reply: Reply) => void,
    ): Promise<() => void> => {
      const { number, result } = this.#call<void>(ttlMs, method, [id])
      this.#listeners.set(number, listener)
      await result
      return () => {
        this.#listeners.delete(number)
        void call('leave', id, number).catch(() => {})
      }
    }
    return {
      create: (id, lease) => call('create', id, lease),
      append: (id, lease, batch) => call('append', id, lease, batch),
      renew: (id, lease) => call('renew', id, lease),
      claim: (id, lease) => call('claim', id, lease),
      release: (id, lease) => call('release', id, lease),
      read: (id, after) => call('read', id, after),
      abandoned: (limit) => call('abandoned', limit),
      seal: (id, batch) => call('seal', id, batch),
      stop: (id) => call('stop', id),
      subscribe: (id, listener: LogListener) =>
        listen('subscribe', id, ({ batch }) => {
          if (batch === undefined) listener.missed()
          else listener.appended(batch)
        }),
      onStop: (id, callback) => listen('onStop', id, callback),
    }
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const ended = new Promise((resolve) => this.process.once('exit', resolve))
    this.process.kill('SIGKILL')
    await ended
  }

  #call<Result>(
    ttlMs: number,
    method: Method,
    args: readonly unknown[],
  ): { number: number; result: Promise<Result> } {
    const number = ++this.#calls
    const result = new Promise<Result>((resolve, reject) => {
      this.#replies.set(number, (reply) => {
        this.#replies.delete(number)
        if (reply.error === undefined) resolve(reply.result as Result)
        else reject(new StreamError(reply.error.code, reply.error.message))
      })
    })
    this.process.send({ number, ttlMs, method, args } satisfies Call)
    return { number, result }
  }
}
