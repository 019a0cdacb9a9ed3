/**
 * What a process that is killed, stopped or continued does not do, in one process: every call of its store and log, and every effect,
 * passes its gate.
 */

import type { ConversationStore } from 'sluice/conversation'
import type { StreamLog } from 'sluice/resumable'

export class Gate {
  #open: Promise<void> = Promise.resolve()
  #reopen = (): void => {}

  /** Resolves while the process runs; never, once it is killed. */
  pass(): Promise<void> {
    return this.#open
  }

  kill(): void {
    this.#open = new Promise(() => {})
  }

  stop(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#open = promise
    this.#reopen = resolve
  }

  continue(): void {
    this.#reopen()
  }

  /** The same object, as a process sees it. */
  guard<Guarded extends ConversationStore | StreamLog>(inner: Guarded): Guarded {
    return new Proxy(inner, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]): Promise<unknown> => {
          await this.pass()
          const result = await (value as (...all: unknown[]) => unknown).apply(target, args)
          await this.pass()
          return name === 'lock' ? this.guard(result as never) : result
        }
      },
    })
  }
}
