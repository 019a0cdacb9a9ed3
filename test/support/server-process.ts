/**
 * The process of a real server.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'

export interface Account {
  uid?: number
  gid?: number
}

/** A process that does not outlive this one, even if this one is killed. */
export class ServerProcess {
  readonly #process: ChildProcess
  readonly #watchdog: ChildProcess
  readonly #ended: Promise<void>

  /** @param account - that it runs under */
  constructor(file: string, args: readonly string[], account: Account = {}) {
    this.#process = spawn(file, args, { stdio: 'ignore', ...account })
    this.#ended = new Promise((resolve) => {
      this.#process.once('exit', () => {
        // Its number may be given to another process from now on.
        this.#watchdog.kill('SIGKILL')
        resolve()
      })
    })
    // Its input ends with this process.
    const watch = ['-c', 'read -r line; kill -9 "$0"', String(this.#process.pid)]
    this.#watchdog = spawn('/bin/sh', watch, { stdio: ['pipe', 'ignore', 'ignore'] })
    this.#watchdog.unref()
  }

  get id(): number | undefined {
    return this.#process.pid
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  async kill(name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#process.kill(name)
    await this.#ended
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      )
    })
  })
}
