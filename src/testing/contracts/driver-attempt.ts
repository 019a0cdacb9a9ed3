/**
 * One attempt of a driver, for the contract suite.
 *
 * @module
 */

import type { Completion, Driver, DriverYield } from '../../base/driver.js'
import type { ContentEvent, RetryEvent } from '../../base/events.js'
import type { StreamRequest } from '../../base/request.js'
import {
  ContractError,
  check,
  checkCompletion,
  checkText,
  eventsOf,
  show,
  textOf,
} from './driver-checks.js'

const conversation: StreamRequest = {
  system: 'Be brief.',
  messages: [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: [{ type: 'text', text: 'Hello!' }] },
    { role: 'user', content: [{ type: 'text', text: 'Count to three.' }] },
  ],
  maxOutputTokens: 256,
}

/** One attempt of a driver, read step by step. */
export class Attempt {
  readonly driver: Driver
  readonly request: StreamRequest
  readonly events: (ContentEvent | RetryEvent)[] = []
  bytes = 0
  readonly #controller = new AbortController()
  readonly #deadlineMs: number
  #generator: AsyncGenerator<DriverYield, Completion, void> | undefined

  /** @param request - a short conversation if it is undefined */
  constructor(
    driver: Driver,
    deadlineMs: number,
    request: StreamRequest = structuredClone(conversation),
  ) {
    this.driver = driver
    this.request = request
    this.#deadlineMs = deadlineMs
  }

  /** Reads one yielded value; returns the completion at the end. */
  async next(): Promise<Completion | undefined> {
    this.#generator ??= this.driver.stream(this.request, {
      signal: this.#controller.signal,
      attempt: 1,
      onBytes: () => {
        this.bytes += 1
      },
    })
    const { done, value } = await this.#soon(this.#generator.next(), 'next()')
    if (done) {
      checkCompletion(value)
      return value
    }
    this.events.push(...eventsOf(value))
    return undefined
  }

  async readToEnd(): Promise<Completion> {
    for (;;) {
      const completion = await this.next()
      if (completion) return completion
    }
  }

  async readUntil(expected: string): Promise<void> {
    while (textOf(this.events).length < expected.length) {
      const completion = await this.next()
      check(!completion, 'the driver completed although the answer is not complete')
    }
    checkText(textOf(this.events), expected)
  }

  /** Reads until the driver throws. */
  async failure(): Promise<unknown> {
    let completion: Completion
    try {
      completion = await this.readToEnd()
    } catch (error) {
      // Thrown by this suite: the driver was too late, or did not return a completion.
      if (error instanceof ContractError) throw error
      return error
    }
    throw new ContractError(`the driver must throw, but it returned ${show(completion)}`)
  }

  abort(): void {
    this.#controller.abort(new Error('The test ends this attempt.'))
  }

  async return(): Promise<void> {
    const ended = this.#generator?.return(undefined as never)
    if (ended) await this.#soon(ended, 'return()')
  }

  async #soon<T>(promise: Promise<T>, call: string): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      const message = `${call} was not answered within ${this.#deadlineMs} ms`
      timer = setTimeout(() => reject(new ContractError(message)), this.#deadlineMs)
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
