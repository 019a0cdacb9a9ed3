import { expect, test, vi } from 'vitest'
import { defineDriver } from '../../src/attempt/define-driver.js'
import type { Driver } from '../../src/base/driver.js'
import {
  createStream,
  fallback,
  hedge,
  retry,
  StreamError,
  timeout,
} from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'
import { type Source } from '../../src/pull/source.js'
import { named } from '../support/drivers.js'

test('a copy of a driver with a stream of its own is asked by that', async () => {
  const driver = fallback(named('a', ['Hi']))
  const asked = vi.fn()
  const copy: Driver = {
    ...driver,
    model: 'copy',
    stream(request, context) {
      asked(request.prompt)
      return driver.stream(request, context)
    },
  }
  const complete = await createStream({ driver: copy, prompt: 'p' }).final()
  expect(complete.text).toBe('Hi')
  expect(asked.mock.calls).toEqual([['p']])
})

const failing = (): Source => ({
  pull: (sink) => sink.fail(new StreamError('server', 'It failed.')),
  close() {},
  finished: () => undefined,
  usage: () => ({}),
})

test.each<[string, (first: Driver, second: Driver) => Driver]>([
  ['fallback', (first, second) => fallback(first, second)],
  ['hedge', (first, second) => hedge(first, second, { afterMs: 60_000 })],
  ['fallback of layers', (first, second) => fallback(first, retry(timeout(second, 1_000), 1))],
])(
  'what the second driver of a %s loads for the request is loaded before the first fails',
  async (_name, combine) => {
    const told: string[] = []
    const second = defineDriver({
      provider: 'second',
      model: 'm',
      plan: () => {
        told.push('loaded')
        return { wrapped: false, lenient: true }
      },
      open: failing,
    })
    const first = scripted([new StreamError('server', 'It failed.')])
    const driver: Driver = {
      ...first,
      stream(request, context) {
        told.push('asked')
        return first.stream(request, context)
      },
    }
    const stream = createStream({
      driver: combine(driver, second),
      prompt: 'p',
      output: { type: 'object' },
      retry: false,
    })
    await stream.final().catch(() => {})
    expect(told.slice(0, 2)).toEqual(['loaded', 'asked'])
  },
)
