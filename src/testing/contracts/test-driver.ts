/**
 * The contract of `Driver` as tests, for any driver and any test runner.
 *
 * @module
 */

import {
  checkOptions,
  func,
  limit,
  type Rules,
  required,
  string,
} from '../../base/check-options.js'
import type { Completion, Driver, DriverYield } from '../../base/driver.js'
import type { ContentEvent, RetryEvent } from '../../base/events.js'
import type { StreamRequest } from '../../base/request.js'
import {
  ContractError,
  check,
  checkCompletion,
  checkEvents,
  checkFailure,
  checkText,
  eventsOf,
  show,
  textOf,
} from './driver-checks.js'
import type { DriverScenario } from './driver-scenario.js'

/** Options of `testDriver()`. */
export interface TestDriverOptions {
  /** A prefix for the name of each test. */
  name: string
  /** The `test` function of the runner: vitest, jest, `node:test` or any other. */
  test: (name: string, run: () => Promise<void>) => unknown
  /** Creates a driver whose provider behaves as in the scenario. Called once for each test. */
  driver: (scenario: DriverScenario) => Driver | Promise<Driver>
  /**
   * The limit for anything that must be prompt, in milliseconds.
   * @default 1_000
   */
  deadlineMs?: number
}

const rules: Rules<TestDriverOptions> = {
  name: required(string),
  test: required(func),
  driver: required(func),
  deadlineMs: limit,
}

const text = 'Grüße! 🌊 One, two,\nthree: "done".'
const status = 503

/**
 * Registers one test for each promise of the contract. The tests do not wait for time to pass,
 * unless the driver fails.
 *
 * @throws TypeError for an invalid option
 */
export function testDriver(options: TestDriverOptions): void {
  checkOptions('', options, rules)
  const { name, test, driver, deadlineMs = 1_000 } = options
  const it = (sentence: string, run: () => Promise<void>): void => {
    test(`${name}: ${sentence}`, run)
  }
  const begin = async (scenario: DriverScenario): Promise<Attempt> =>
    new Attempt(await driver(scenario), deadlineMs)

  it('yields only valid content and retry events, with the complete text', async () => {
    const attempt = await begin({ kind: 'answer', text })
    await attempt.readToEnd()
    checkEvents(attempt.events)
    checkText(textOf(attempt.events), text)
  })

  it('returns a completion with a finish reason', async () => {
    const attempt = await begin({ kind: 'answer', text })
    checkCompletion(await attempt.readToEnd())
  })

  it('reports bytes before the first content', async () => {
    const attempt = await begin({ kind: 'answer', text })
    await attempt.next()
    check(
      attempt.bytes > 0,
      'onBytes was not called although content was received from the network',
    )
    await attempt.readToEnd()
  })

  it('does not change the request', async () => {
    const attempt = await begin({ kind: 'answer', text })
    const before = show(attempt.request)
    await attempt.readToEnd()
    check(show(attempt.request) === before, `${before} became ${show(attempt.request)}`)
  })

  it('keeps concurrent streams apart', async () => {
    const one = await begin({ kind: 'answer', text })
    const two = new Attempt(one.driver, deadlineMs)
    let running = [one, two]
    while (running.length > 0) {
      const done = await Promise.all(running.map((attempt) => attempt.next()))
      running = running.filter((_, index) => done[index] === undefined)
    }
    checkText(textOf(one.events), text)
    checkText(textOf(two.events), text)
  })

  it('throws a retryable error when the connection is cut', async () => {
    const attempt = await begin({ kind: 'cut', text })
    const error = checkFailure(await attempt.failure(), attempt.driver.provider)
    check(error.retryable, `the error of a cut connection must be retryable: ${show(error)}`)
    const came = textOf(attempt.events)
    check(text.startsWith(came), `${show(came)} is not the content before the cut`)
  })

  it('throws an error with the status of a refused request', async () => {
    const attempt = await begin({ kind: 'refused', status })
    const error = checkFailure(await attempt.failure(), attempt.driver.provider)
    check(error.status === status, `the status is ${status}, but the error has ${error.status}`)
    check(error.retryable, `the error of status ${status} must be retryable: ${show(error)}`)
    check(
      attempt.events.length === 0,
      `the provider sent no content, but the driver yielded ${show(attempt.events)}`,
    )
  })

  it('throws an error in the stream after the content before it', async () => {
    const attempt = await begin({ kind: 'in-band-error', text })
    checkFailure(await attempt.failure(), attempt.driver.provider)
    checkEvents(attempt.events)
    checkText(textOf(attempt.events), text)
  })

  it('throws when it is aborted while waiting for content', async () => {
    const attempt = await begin({ kind: 'stall', text })
    await attempt.readUntil(text)
    const failure = attempt.failure()
    attempt.abort()
    await failure
  })

  it('throws when it was aborted before the start', async () => {
    const attempt = await begin({ kind: 'answer', text })
    attempt.abort()
    await attempt.failure()
  })

  it('ends when its generator is returned early', async () => {
    const attempt = await begin({ kind: 'stall', text })
    await attempt.next()
    await attempt.return()
  })
}

/** One attempt of a driver, read step by step. */
class Attempt {
  readonly driver: Driver
  readonly request: StreamRequest = {
    system: 'Be brief.',
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ type: 'text', text: 'Hello!' }] },
      { role: 'user', content: [{ type: 'text', text: 'Count to three.' }] },
    ],
    maxOutputTokens: 256,
  }
  readonly events: (ContentEvent | RetryEvent)[] = []
  bytes = 0
  readonly #controller = new AbortController()
  readonly #deadlineMs: number
  #generator: AsyncGenerator<DriverYield, Completion, void> | undefined

  constructor(driver: Driver, deadlineMs: number) {
    this.driver = driver
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
