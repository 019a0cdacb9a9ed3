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
  /** Two providers, the first of them down until it is told otherwise. */
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

  test('sends no requests to a provider that is down, and emits no event about it', async () => {
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

  test('allows one request after its time, and closes if that one is answered', async () => {
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

  test('does not make other streams wait for the one allowed request', async () => {
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

  test('is shared by concurrent streams', async () => {
    await using providers = await pair()
    const driver = fallback(providers.drivers, { breaker: () => trip() })
    await Promise.all(Array.from({ length: 10 }, () => ask(driver)))
    const before = counts(providers.first)[0] ?? 0
    expect(before).toBe(10)
    await Promise.all(Array.from({ length: 10 }, () => ask(driver)))
    expect(counts(providers.first)).toEqual([before])
  })
})

describe('a circuit breaker', () => {
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
  test.each(codes)('counts %s, after content too', async (code, state) => {
    const policies = [trip(1), trip(1)]
    const rest = [...policies]
    const breaker = () => rest.shift() as CircuitBreakerPolicy
    const failing = named('a', ['x', new StreamError(code, 'It failed.')])
    await ask(fallback([failing, named('b', ['Hi'])], { breaker }))
    expect(policies.map((policy) => policy.state)).toEqual([state, CircuitState.Closed])
  })

  test('is not opened by readers that stop', async () => {
    const policy = trip(1)
    const driver = fallback([scripted(['x', { hang: true }])], { breaker: () => policy })
    for await (const event of createStream({ driver, prompt: 'p' })) {
      if (event.type === 'content') break
    }
    await Promise.resolve()
    expect(policy.state).toBe(CircuitState.Closed)
  })

  test('skips a later driver, and the next one is named', async () => {
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

  test('of the last driver makes the error of the previous one the last', async () => {
    const policies = [trip(), trip()]
    policies[1]?.isolate()
    const breaker = () => policies.shift() as CircuitBreakerPolicy
    const events = await ask(fallback([named('a', [down]), named('b', ['x'])], { breaker }))
    expect(events.at(-1)).toMatchObject({ type: 'error', error: down })
  })

  test('that is open for all drivers fails the stream as overloaded, without a request', async () => {
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

  test('of your own may reject, throw or not call the function to skip a driver', async () => {
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

  test('that ignores the outcome leaves no rejection unhandled', async () => {
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
