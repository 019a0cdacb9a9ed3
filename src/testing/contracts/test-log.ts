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
import { abandonedCases } from './log-abandoned-cases.js'
import type { LogContext } from './log-case.js'
import { claimCases } from './log-claim-cases.js'
import { keepingCases, leaseCases } from './log-keeping-cases.js'
import { listeningCases } from './log-listening-cases.js'

/** The requirements of a test on its log. */
export interface LogScenario {
  /** The time for which the log must keep a stream after its end, in milliseconds. */
  ttlMs: number
}

/** Options of `testLog()`. */
export interface TestLogOptions {
  /** A prefix for the name of each test. */
  name: string
  /** The `test` function of the runner: vitest, jest, `node:test` or any other. */
  test: (name: string, run: () => Promise<void>) => unknown
  /**
   * Creates a log. Called once for each test. The log need not be empty, because each test uses new
   * ids.
   */
  log: (scenario: LogScenario) => StreamLog | Promise<StreamLog>
  /**
   * Creates the log as another process sees it, for a log that processes share.
   * @default the log itself
   */
  other?: (scenario: LogScenario) => StreamLog | Promise<StreamLog>
  /**
   * The limit for anything that must be prompt, in milliseconds.
   * @default 5_000
   */
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
 * @throws TypeError for a invalid option
 */
export function testLog(options: TestLogOptions): void {
  checkOptions('', options, rules)
  const { name, test, log, other, deadlineMs = 5_000 } = options
  const cases = {
    ...keepingCases,
    ...leaseCases,
    ...claimCases,
    ...abandonedCases,
    ...listeningCases,
  }
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
