import { memoryLog, type StreamLog } from '../../src/entries/resumable.js'
import { type LogScenario, testLog } from '../../src/entries/testing.js'

/** Runs the suite against a log with one fault, and returns the names of the failed tests. */
export async function failures(
  change: (whole: StreamLog, scenario: LogScenario) => Partial<StreamLog>,
): Promise<string[]> {
  const runs: [string, () => Promise<void>][] = []
  testLog({
    name: 'broken',
    test: (name, run) => runs.push([name.replace('broken: ', ''), run]),
    deadlineMs: 1_000,
    log: (scenario) => {
      const whole = memoryLog({ ttlMs: scenario.ttlMs })
      return { ...bind(whole), ...change(whole, scenario) }
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

export function bind(log: StreamLog): StreamLog {
  return {
    create: (id, lease) => log.create(id, lease),
    append: (id, lease, batch) => log.append(id, lease, batch),
    renew: (id, lease) => log.renew(id, lease),
    claim: (id, lease) => log.claim(id, lease),
    release: (id, lease) => log.release(id, lease),
    read: (id, after) => log.read(id, after),
    seal: (id, batch) => log.seal(id, batch),
    stop: (id) => log.stop(id),
    subscribe: (id, listener) => log.subscribe(id, listener),
    onStop: (id, callback) => log.onStop(id, callback),
    ...(log.abandoned && { abandoned: log.abandoned.bind(log) }),
  }
}
