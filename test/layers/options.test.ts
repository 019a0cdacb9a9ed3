import { describe, expect, test } from 'vitest'
import {
  createStream,
  type RetryOptions,
  retry,
  type TimeoutOptions,
  timeout,
} from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'

const driver = scripted(['a'])

type Values = readonly unknown[]

interface Option {
  name: string
  /** Words of what is allowed. */
  allowed: string
  good: Values
  bad: Values
}

const notNumbers: Values = [Number.NaN, '5', null, true, {}, [], -1, -Infinity, 5n]
const tooLong = 2 ** 31
const longest = tooLong - 1

const count = (name: string): Option => ({
  name,
  allowed: 'an integer from 0, or Infinity',
  good: [0, 1, 1e9, Infinity, undefined],
  bad: [...notNumbers, 0.5],
})

const delay = (name: string): Option => ({
  name,
  allowed: `milliseconds from 0 to ${longest}, or Infinity`,
  good: [0, 0.5, longest, Infinity, undefined],
  bad: [...notNumbers, tooLong],
})

const limit = (name: string): Option => ({
  name,
  allowed: `milliseconds above 0 and up to ${longest}, or Infinity`,
  good: [0.5, 1, longest, Infinity, undefined],
  bad: [...notNumbers, 0],
})

const retryOptions: Record<keyof RetryOptions, Option> = {
  maxRetries: count('maxRetries'),
  minDelayMs: {
    name: 'minDelayMs',
    allowed: `milliseconds from 0 to ${longest}`,
    good: [0, 0.5, longest, undefined],
    bad: [...notNumbers, tooLong, Infinity],
  },
  maxDelayMs: delay('maxDelayMs'),
  maxRetryAfterMs: delay('maxRetryAfterMs'),
  budgetMs: delay('budgetMs'),
  holdBackMs: delay('holdBackMs'),
  holdBackChars: count('holdBackChars'),
  afterContent: {
    name: 'afterContent',
    allowed: '"restart", "continue" or "fail"',
    good: ['restart', 'continue', 'fail', undefined],
    bad: ['resume', '', null, true, 0, {}],
  },
  shouldRetry: {
    name: 'shouldRetry',
    allowed: 'a function',
    good: [() => true, async () => false, undefined],
    bad: [true, 'yes', null, {}],
  },
}

const timeoutOptions: Record<keyof TimeoutOptions, Option> = {
  firstChunkMs: limit('firstChunkMs'),
  chunkMs: limit('chunkMs'),
  silenceMs: limit('silenceMs'),
  totalMs: limit('totalMs'),
  toolMs: limit('toolMs'),
}

const tables = [
  { layer: 'retry', options: Object.values(retryOptions), apply: retry },
  { layer: 'timeout', options: Object.values(timeoutOptions), apply: timeout },
] as const

describe.each(tables)('options of $layer()', ({ layer, options, apply }) => {
  const inStream = (given: unknown) => () => createStream({ driver, prompt: 'p', [layer]: given })
  const alone = (given: unknown) => () => apply(driver, given as never)

  test.each(options)('$name accepts valid values', ({ name, good }) => {
    for (const value of good) {
      expect(inStream({ [name]: value })).not.toThrow()
      expect(alone({ [name]: value })).not.toThrow()
    }
  })

  test.each(options)(
    '$name rejects invalid values with its name, the value and the allowed ones',
    (one) => {
      for (const value of one.bad) {
        for (const call of [inStream({ [one.name]: value }), alone({ [one.name]: value })]) {
          expect(call).toThrow(TypeError)
          expect(call).toThrow(`"${layer}.${one.name}" is `)
          expect(call).toThrow(typeof value === 'number' ? `is ${value}.` : `Allowed: `)
          expect(call).toThrow(one.allowed)
        }
      }
    },
  )

  test('an unknown option is rejected with a list of the known ones', () => {
    const call = inStream({ timeoutMs: 5 })
    expect(call).toThrow(TypeError)
    expect(call).toThrow(`"${layer}.timeoutMs"`)
    for (const { name } of options) expect(call).toThrow(name)
  })

  test.each([null, true, 'none', -1, Number.NaN, 5n])(
    '%o is rejected in place of options',
    (value) => {
      for (const call of [inStream(value), alone(value)]) {
        expect(call).toThrow(TypeError)
        expect(call).toThrow(`"${layer}"`)
      }
    },
  )

  test('false disables the layer of a stream', () => {
    expect(inStream(false)).not.toThrow()
    expect(inStream(undefined)).not.toThrow()
  })
})

describe('options that depend on each other', () => {
  test('a maxDelayMs below minDelayMs is rejected', () => {
    const call = () => retry(driver, { minDelayMs: 200, maxDelayMs: 100 })
    expect(call).toThrow(TypeError)
    expect(call).toThrow('"retry.maxDelayMs" is 100')
    expect(call).toThrow('200 (retry.minDelayMs)')
  })

  test('an infinite minDelayMs is rejected', () => {
    const call = () => retry(driver, { minDelayMs: Infinity })
    expect(call).toThrow('"retry.minDelayMs" is Infinity')
  })

  test('minDelayMs or maxDelayMs alone changes the default of the other', () => {
    expect(() => retry(driver, { maxDelayMs: 0 })).not.toThrow()
    expect(() => retry(driver, { minDelayMs: 60_000 })).not.toThrow()
  })

  test('totalMs may be below firstChunkMs', () => {
    expect(() => timeout(driver, { totalMs: 10, firstChunkMs: 1_000 })).not.toThrow()
  })
})
