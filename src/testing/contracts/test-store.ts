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
import { appendCases } from './store-append-cases.js'
import { lockCases } from './store-lock-cases.js'

/** What a test needs of a store. */
export interface StoreScenario {
  /** How long the store has to keep a conversation after its last turn, in milliseconds. */
  ttlMs: number
}

/** What `testStore()` takes. */
export interface TestStoreOptions {
  /** Comes before the name of each test. */
  name: string
  /** The runner's own `test`: of vitest, jest, `node:test` or any other. A test takes up to three seconds. */
  test: (name: string, run: () => Promise<void>) => unknown
  /** A store. Called once for each test; it need not be empty, because each test has ids of its own. */
  store: (scenario: StoreScenario) => ConversationStore | Promise<ConversationStore>
  /** How long anything that has to be prompt may take, in milliseconds. @default 2000 */
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
 * @throws TypeError for a bad option
 */
export function testStore(options: TestStoreOptions): void {
  checkOptions('', options, rules)
  const { name, test, store, deadlineMs = 2_000 } = options
  for (const [sentence, { ttlMs = 60_000, run }] of Object.entries({
    ...appendCases,
    ...lockCases,
  })) {
    test(`${name}: ${sentence}`, async () =>
      run({ store: await store({ ttlMs }), id: `test ${crypto.randomUUID()}`, deadlineMs, ttlMs }))
  }
}
