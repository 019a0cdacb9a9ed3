/**
 * Provider, gateway and clients as processes of their own.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Health } from './wire.ts'

export class Processes implements Disposable {
  readonly #children: ChildProcess[] = []

  start(file: string, ...args: readonly (string | number)[]): ChildProcess {
    const execArgv = ['--no-warnings', '--expose-gc']
    const child = fork(new URL(file, import.meta.url), args.map(String), { execArgv })
    this.#children.push(child)
    return child
  }

  /** Starts one that listens. @returns where */
  async listen(
    file: string,
    ...args: readonly (string | number)[]
  ): Promise<[ChildProcess, string]> {
    const child = this.start(file, ...args)
    const { port } = (await answerOf(child)) as AddressInfo
    return [child, `http://127.0.0.1:${port}`]
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }
}

/** @throws Error if it ends without one */
export async function answerOf(child: ChildProcess): Promise<unknown> {
  const [answer] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${child.spawnargs.join(' ')} ended with code ${code}`)
    }),
  ])
  return answer
}

export function healthOf(gateway: ChildProcess): Promise<Health> {
  const answer = answerOf(gateway) as Promise<Health>
  gateway.send('health')
  return answer
}
