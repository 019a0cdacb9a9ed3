import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
} from 'cockatiel'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../../src/base/driver.js'
import type { StreamEvent } from '../../../src/base/events.js'
import { compatible } from '../../../src/entries/compatible.js'
import {
  type CircuitBreaker,
  createStream,
  type FallbackOptions,
  fallback,
  StreamError,
  type StreamErrorCode,
} from '../../../src/entries/index.js'
import {
  type SimulatedProvider,
  scripted,
  simulatedProvider,
} from '../../../src/entries/testing.js'
import { collect, outline } from '../../support/collect.js'
import { counted, named } from '../../support/drivers.js'

const halfOpenAfter = 10_000
const down = new StreamError('server', 'Down.')

beforeEach(() => {
  // The breaker compares times; nothing here waits for one.
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms)
}

function trip(failures = 3): CircuitBreakerPolicy {
  return circuitBreaker(handleAll, { halfOpenAfter, breaker: new ConsecutiveBreaker(failures) })
}

function ask(driver: Driver): Promise<StreamEvent[]> {
  return collect(createStream({ driver, prompt: 'p', retry: false }))
}

async function times(count: number, run: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index++) await run()
}

describe('a circuit breaker of cockatiel, over real sockets', () => {
  /** Two providers, the first of which is down until the test changes that. */
  async function pair() {
    let healthy = false
    const first = simulatedProvider({
      paceMs: 0,
      answer: () => (healthy ? 'One.' : { fault: { kind: 'status', status: 500 } }),
    })
    const second = simulatedProvider({ paceMs: 0, answer: 'Two.' })
    const servers = [await first.listen(), await second.listen()]
    const driverOf = (name: string, index: number): Driver =>
      compatible({ name, model: 'm', apiKey: 'k', baseURL: `${servers[index]?.url}/v1` })
    const drivers = [driverOf('one', 0), driverOf('two', 1)]
    return {
      first,
      second,
      drivers,
      heal: () => {
        healthy = true
      },
      [Symbol.asyncDispose]: async () => {
        for (const server of servers) await server.close()
      },
    }
  }
  const counts = (...providers: SimulatedProvider[]) => providers.map((one) => one.requests.length)

  test('an open circuit breaker skips a provider without a request or an event', async () => {
    await using providers = await pair()
    const { first, second } = providers
    const breaker = vi.fn((_driver: Driver) => trip())
    const driver = fallback(providers.drivers, { breaker })
    expect(breaker.mock.calls).toEqual(providers.drivers.map((each) => [each]))
    await times(3, async () => {
      expect(outline(await ask(driver))[1]).toBe('retry 2/2 restart server')
    })
    expect(counts(first, second)).toEqual([3, 3])
    await times(5, async () => {
      const events = await ask(driver)
      expect(events.map(({ type }) => type)).not.toContain('retry')
      expect(events.at(-1)).toMatchObject({ text: 'Two.', provider: 'two', attempts: 1 })
    })
    expect(counts(first, second)).toEqual([3, 8])
    expect(breaker).toHaveBeenCalledTimes(2)
  })

  test('a half-open circuit breaker allows one request, and closes if that succeeds', async () => {
    await using providers = await pair()
    const { first, second } = providers
    const driver = fallback(providers.drivers, { breaker: () => trip() })
    await times(3, () => ask(driver))
    pass(halfOpenAfter)
    // The probe fails, and the circuit stays open for as long again.
    expect(outline(await ask(driver))[1]).toBe('retry 2/2 restart server')
    await times(2, () => ask(driver))
    expect(counts(first, second)).toEqual([4, 6])
    providers.heal()
    pass(halfOpenAfter)
    await times(3, async () => {
      expect((await ask(driver)).at(-1)).toMatchObject({ text: 'One.', provider: 'one' })
    })
    expect(counts(first, second)).toEqual([7, 6])
  })

  test('no stream waits for the request that a half-open circuit breaker allows', async () => {
    await using providers = await pair()
    const { first, second } = providers
    const driver = fallback(providers.drivers, { breaker: () => trip() })
    await times(3, () => ask(driver))
    providers.heal()
    pass(halfOpenAfter)
    const probe = createStream({ driver, prompt: 'p', retry: false })[Symbol.asyncIterator]()
    await probe.next()
    await probe.next()
    // The probe is half read, and the others go to the second one meanwhile.
    await times(2, async () => {
      expect((await ask(driver)).at(-1)).toMatchObject({ provider: 'two' })
    })
    expect(counts(first, second)).toEqual([4, 5])
    for (let result = await probe.next(); !result.done; ) result = await probe.next()
    expect((await ask(driver)).at(-1)).toMatchObject({ provider: 'one' })
    expect(counts(first, second)).toEqual([5, 5])
  })

  test('concurrent streams share a circuit breaker', async () => {
    await using providers = await pair()
    const driver = fallback(providers.drivers, { breaker: () => trip() })
    await Promise.all(Array.from({ length: 10 }, () => ask(driver)))
    const before = counts(providers.first)[0] ?? 0
    expect(before).toBe(10)
    await Promise.all(Array.from({ length: 10 }, () => ask(driver)))
    expect(counts(providers.first)).toEqual([before])
  })
})

describe('circuit breakers of a fallback', () => {
  const codes: [StreamErrorCode, CircuitState][] = [
    ['timeout', CircuitState.Open],
    ['network', CircuitState.Open],
    ['interrupted', CircuitState.Open],
    ['rate-limit', CircuitState.Open],
    ['quota', CircuitState.Open],
    ['overloaded', CircuitState.Open],
    ['server', CircuitState.Open],
    ['auth', CircuitState.Open],
    ['permission', CircuitState.Open],
    ['not-found', CircuitState.Open],
    ['protocol', CircuitState.Open],
    ['unknown', CircuitState.Open],
    ['invalid-request', CircuitState.Closed],
    ['context-length', CircuitState.Closed],
    ['content-filter', CircuitState.Closed],
    ['aborted', CircuitState.Closed],
  ]
  test.each(codes)(
    'a circuit breaker receives the outcome %s, also after content',
    async (code, state) => {
      const policies = [trip(1), trip(1)]
      const rest = [...policies]
      const breaker = () => rest.shift() as CircuitBreakerPolicy
      const failing = named('a', ['x', new StreamError(code, 'It failed.')])
      await ask(fallback([failing, named('b', ['Hi'])], { breaker }))
      expect(policies.map((policy) => policy.state)).toEqual([state, CircuitState.Closed])
    },
  )

  test('readers that disconnect do not open a circuit breaker', async () => {
    const policy = trip(1)
    const driver = fallback([scripted(['x', { hang: true }])], { breaker: () => policy })
    for await (const event of createStream({ driver, prompt: 'p' })) {
      if (event.type === 'content') break
    }
    await Promise.resolve()
    expect(policy.state).toBe(CircuitState.Closed)
  })

  test('a driver with an open circuit breaker is skipped, and the next one is announced', async () => {
    const closed = trip()
    const open = trip()
    open.isolate()
    const policies = [closed, open, trip()]
    const breaker = () => policies.shift() as CircuitBreakerPolicy
    const skipped = counted(named('b', ['x']))
    const driver = fallback([named('a', [down]), skipped, named('c', ['Hi'])], { breaker })
    const events = await ask(driver)
    expect(outline(events)).toEqual(['start', 'retry 2/3 restart server', 'text Hi', 'complete Hi'])
    expect(events[1]).toMatchObject({ provider: 'c' })
    expect(skipped.asked).toEqual([])
  })

  test('an open circuit breaker of the last driver leaves the error of the one before it', async () => {
    const policies = [trip(), trip()]
    policies[1]?.isolate()
    const breaker = () => policies.shift() as CircuitBreakerPolicy
    const events = await ask(fallback([named('a', [down]), named('b', ['x'])], { breaker }))
    expect(events.at(-1)).toMatchObject({ type: 'error', error: down })
  })

  test('a fallback whose circuit breakers are all open fails with overloaded, without a request', async () => {
    const breaker = () => {
      const policy = trip()
      policy.isolate()
      return policy
    }
    const drivers = [counted(named('a', ['x'])), counted(named('b', ['x']))]
    const events = await ask(fallback(drivers, { breaker }))
    expect(outline(events)).toEqual(['start', 'error overloaded'])
    expect(events.at(-1)).toMatchObject({
      error: {
        retryable: true,
        message:
          'No driver is available: the circuit breakers of a (a-model), b (b-model) are open.',
      },
    })
    expect(drivers.flatMap(({ asked }) => asked)).toEqual([])
  })

  test('a custom circuit breaker may reject, throw or ignore the call to skip a driver', async () => {
    const signals: AbortSignal[] = []
    const own: CircuitBreaker[] = [
      { execute: () => Promise.reject(new Error('open')) },
      {
        execute: () => {
          throw new Error('open')
        },
      },
      {
        execute: (_run, signal) => {
          signals.push(signal)
          return new Promise(() => {})
        },
      },
    ]
    const breaker: FallbackOptions['breaker'] = () =>
      own.shift() ?? { execute: (run) => run().then(() => 'well') }
    const drivers = ['a', 'b', 'c', 'd'].map((name) => counted(named(name, ['Hi'])))
    const events = await ask(fallback(drivers, { breaker }))
    expect(events.at(-1)).toMatchObject({ text: 'Hi', provider: 'd' })
    expect(drivers.map(({ asked }) => asked.length)).toEqual([0, 0, 0, 1])
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  })

  test('a circuit breaker that ignores the outcome causes no unhandled rejection', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const breaker = (): CircuitBreaker => ({
      execute: (run) => {
        void run()
        return Promise.resolve()
      },
    })
    await ask(fallback([named('a', [down]), named('b', ['Hi'])], { breaker }))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })
})
