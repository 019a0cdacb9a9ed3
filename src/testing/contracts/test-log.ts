/**
 * The contract of `StreamLog` as tests, for any log and any test runner.
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
import type { StreamLog } from '../../resumable/log.js'
import type { LogContext } from './log-case.js'
import { keepingCases, leaseCases } from './log-keeping-cases.js'
import { listeningCases } from './log-listening-cases.js'

/** What a test needs of a log. */
export interface LogScenario {
  /** How long the log has to keep a stream after its end, in milliseconds. */
  ttlMs: number
}

/** What `testLog()` takes. */
export interface TestLogOptions {
  /** Comes before the name of each test. */
  name: string
  /** The runner's own `test`: of vitest, jest, `node:test` or any other. */
  test: (name: string, run: () => Promise<void>) => unknown
  /** A log. Called once for each test; it need not be empty, because each test has ids of its own. */
  log: (scenario: LogScenario) => StreamLog | Promise<StreamLog>
  /**
   * The same streams as another process sees them, for a log that processes share.
   * @default the log itself
   */
  other?: (scenario: LogScenario) => StreamLog | Promise<StreamLog>
  /** How long anything that has to be prompt may take, in milliseconds. @default 5_000 */
  deadlineMs?: number
}

const rules: Rules<TestLogOptions> = {
  name: required(string),
  test: required(func),
  log: required(func),
  other: func,
  deadlineMs: limit,
}

/**
 * Registers one test for each promise of the contract.
 *
 * @throws TypeError for a bad option
 */
export function testLog(options: TestLogOptions): void {
  checkOptions('', options, rules)
  const { name, test, log, other, deadlineMs = 5_000 } = options
  const cases = { ...keepingCases, ...leaseCases, ...listeningCases }
  for (const [sentence, { ttlMs = 60_000, run }] of Object.entries(cases)) {
    test(`${name}: ${sentence}`, async () => {
      const id = `test ${crypto.randomUUID()}`
      const first = await log({ ttlMs })
      const second = other === undefined ? first : await other({ ttlMs })
      const leaves: (() => void)[] = []
      const later = (undo: () => void): void => void leaves.push(undo)
      const listen: LogContext['listen'] = async (to, streamId, listener) => {
        const leave = await to.subscribe(streamId, listener)
        later(leave)
        return leave
      }
      try {
        await run({ log: first, other: second, id, ttlMs, deadlineMs, listen, later })
      } finally {
        for (const leave of leaves) leave()
      }
    })
  }
}
