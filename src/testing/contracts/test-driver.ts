/**
 * The contract of `Driver` as tests, for any driver and any test runner.
 *
 * @module
 */

import {
  checkOptions,
  func,
  limit,
  optionsOf,
  type Rules,
  required,
  string,
} from '../../base/check-options.js'
import type { Driver } from '../../base/driver.js'
import { Attempt } from './driver-attempt.js'
import { chapterRules, type DriverChapters, testChapters } from './driver-chapters.js'
import {
  check,
  checkCompletion,
  checkEvents,
  checkFailure,
  checkText,
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
   * Further tests, for what not every driver can do. A chapter that is left out is not tested.
   *
   * @default {}
   */
  chapters?: DriverChapters
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
  chapters: optionsOf('an object of functions', chapterRules),
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
  const { name, test, driver, chapters = {}, deadlineMs = 1_000 } = options
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

  testChapters(chapters, it, deadlineMs)
}
