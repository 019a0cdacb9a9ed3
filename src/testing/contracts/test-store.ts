/**
 * The contract of `ConversationStore` as tests, for any store and any test runner.
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
import type { ConversationStore } from '../../conversation/store.js'
import { draftCases } from './store-draft-cases.js'
import { listCases } from './store-list-cases.js'
import { lockCases } from './store-lock-cases.js'
import { writeCases } from './store-write-cases.js'

/** The requirements of a test on its store. */
export interface StoreScenario {
  /** The time for which the store must keep a conversation after its last turn, in milliseconds. */
  ttlMs: number
}

/** Options of `testStore()`. */
export interface TestStoreOptions {
  /** A prefix for the name of each test. */
  name: string
  /**
   * The `test` function of the runner: vitest, jest, `node:test` or any other. A test takes up to
   * three seconds.
   */
  test: (name: string, run: () => Promise<void>) => unknown
  /**
   * Creates a store. Called once for each test. The store need not be empty, because each test uses
   * new ids.
   */
  store: (scenario: StoreScenario) => ConversationStore | Promise<ConversationStore>
  /**
   * The limit for anything that must be prompt, in milliseconds.
   * @default 2_000
   */
  deadlineMs?: number
}

const rules: Rules<TestStoreOptions> = {
  name: required(string),
  test: required(func),
  store: required(func),
  deadlineMs: limit,
}

/**
 * Registers one test for each promise of the contract.
 *
 * @throws TypeError for a invalid option
 */
export function testStore(options: TestStoreOptions): void {
  checkOptions('', options, rules)
  const { name, test, store, deadlineMs = 2_000 } = options
  for (const [sentence, { ttlMs = 60_000, run }] of Object.entries({
    ...writeCases,
    ...draftCases,
    ...listCases,
    ...lockCases,
  })) {
    test(`${name}: ${sentence}`, async () =>
      run({ store: await store({ ttlMs }), id: `test ${crypto.randomUUID()}`, deadlineMs, ttlMs }))
  }
}
