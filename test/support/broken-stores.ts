import { type ConversationStore, memoryStore } from '../../src/entries/conversation.js'
import { type StoreScenario, testStore } from '../../src/entries/testing.js'

/**
 * Runs the suite, or those of its tests, against a store with one fault, and returns the names of the failed tests.
 */
export async function failures(
  change: (whole: ConversationStore, scenario: StoreScenario) => Partial<ConversationStore>,
  names?: readonly string[],
): Promise<string[]> {
  const runs: [string, () => Promise<void>][] = []
  testStore({
    name: 'broken',
    test(fullName, run) {
      const name = fullName.replace('broken: ', '')
      if (names?.includes(name) ?? true) runs.push([name, run])
    },
    deadlineMs: 1_000,
    store: (scenario) => {
      const whole = memoryStore({ ttlMs: scenario.ttlMs })
      const bound: ConversationStore = {
        load: (id) => whole.load(id),
        write: (id, what, version) => whole.write(id, what, version),
        clear: (id) => whole.clear(id),
        lock: (id, options) => whole.lock(id, options),
      }
      return { ...bound, ...change(whole, scenario) }
    },
  })
  const failed = await Promise.all(
    runs.map(async ([name, run]) =>
      run().then(
        () => [],
        () => [name],
      ),
    ),
  )
  return failed.flat()
}
