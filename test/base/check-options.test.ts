import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  anything,
  checkOptions,
  checkValue,
  count,
  func,
  list,
  oneOf,
  optionsOf,
  type Rules,
  required,
  rule,
  string,
  text,
} from '../../src/base/check-options.js'
import { nearestName } from '../../src/base/nearest-name.js'
import { show } from '../../src/base/show.js'

interface Inner {
  size?: number
}

interface Options {
  name: string
  mode?: 'fast' | 'slow'
  inner?: number | Inner
  each?: Record<string, Inner>
  key?: string
}

const inner: Rules<Inner> = { size: count }
const rules: Rules<Options> = {
  name: required(text),
  mode: oneOf('fast', 'slow'),
  inner: optionsOf('a number, or an object', inner, (value) => typeof value === 'number'),
  each: {
    ...rule('an object', (value) => typeof value === 'object'),
    each: optionsOf('an object', inner),
  },
  key: { ...string, secret: true },
}

function check(options: unknown, name = 'make'): () => void {
  return () => checkOptions(name, options, rules, 'an object with a name')
}

describe('checkOptions', () => {
  test.each([
    { name: 'a' },
    { name: 'a', mode: undefined, inner: undefined },
    { name: 'a', mode: 'slow', inner: 5, each: {}, key: '' },
    { name: 'a', inner: { size: 0 }, each: { b: { size: Infinity } } },
    Object.create({ name: 'inherited' }),
  ])('checkOptions() accepts %o', (options) => {
    expect(check(options)).not.toThrow()
  })

  test.each([
    [undefined, 'Option "make" is undefined. Allowed: an object with a name.'],
    [null, 'Option "make" is null.'],
    [[], 'Option "make" is [].'],
    [{}, 'Option "make.name" is undefined. Allowed: a string that is not empty.'],
    [{ name: 5 }, 'Option "make.name" is 5.'],
    [{ name: 'a', mode: 'fats' }, 'Option "make.mode" is "fats". Allowed: "fast" or "slow".'],
    [{ name: 'a', inner: 'x' }, 'Option "make.inner" is "x". Allowed: a number, or an object.'],
    [{ name: 'a', inner: { size: -1 } }, 'Option "make.inner.size" is -1.'],
    [{ name: 'a', inner: { sise: 1 } }, 'Unknown option "make.inner.sise". Did you mean "size"?'],
    [{ name: 'a', each: { b: 5 } }, 'Option "make.each.b" is 5.'],
    [{ name: 'a', each: { b: { size: 'x' } } }, 'Option "make.each.b.size" is "x".'],
    [{ naem: 'a' }, 'Unknown option "make.naem". Did you mean "name"? Allowed: name, mode, inner,'],
    [{ other: 1 }, 'Unknown option "make.other". Allowed: name, mode, inner, each, key.'],
    [{ nam: 'a' }, 'Unknown option "make.nam". Did you mean "name"? Allowed: name,'],
    [JSON.parse('{"__proto__":1}'), 'Unknown option "make.__proto__".'],
  ])('checkOptions() rejects %o by name', (options, message) => {
    expect(check(options)).toThrow(TypeError)
    expect(check(options)).toThrow(message)
  })

  test('checkOptions() names options without a prefix by their own names', () => {
    expect(check({ name: 5 }, '')).toThrow('Option "name" is 5.')
    expect(check(5, '')).toThrow('Option "options" is 5.')
  })

  test('checkOptions() names an element of an array by its index', () => {
    const names = { ...list, each: text }
    expect(() => checkValue('names', ['a', ''], names)).toThrow('Option "names[1]" is "".')
  })

  test('checkOptions() never shows a secret', () => {
    expect(check({ name: 'a', key: 5_417 })).toThrow(
      'Option "make.key" has an invalid value (not shown). Allowed: a string.',
    )
  })

  test('an open table accepts unknown names, unless they look like a misspelt one', () => {
    const open = (options: object) => () => checkOptions('', options, rules, 'an object', true)
    expect(open({ name: 'a', dispatcher: 1 })).not.toThrow()
    expect(open({ name: 'a', moed: 1 })).toThrow('Unknown option "moed"')
  })

  test('checkOptions() throws only TypeErrors of bounded length, for any input', () => {
    const table = { ...rules, anything, func }
    fc.assert(
      fc.property(fc.anything(), (options) => {
        try {
          checkOptions('make', options, table)
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
          expect(String(error).length).toBeLessThan(400)
        }
      }),
    )
  })
})

describe('nearestName', () => {
  const known = [
    'driver',
    'maxOutputTokens',
    'parameters',
    'signal',
    'onEnd',
    'output',
    'totalMs',
    'id',
  ]

  test.each([
    ['model', 'driver'],
    ['maxTokens', 'maxOutputTokens'],
    ['max_tokens', 'maxOutputTokens'],
    ['max_output_tokens', 'maxOutputTokens'],
    ['MaxOutputTokens', 'maxOutputTokens'],
    ['inputSchema', 'parameters'],
    ['onFinish', 'onEnd'],
    ['abortSignal', 'signal'],
    ['response_format', 'output'],
    ['total', 'totalMs'],
    ['tool_call_id', 'id'],
    ['dirver', 'driver'],
    ['signl', 'signal'],
  ])('nearestName() finds the name for %s', (name, meant) => {
    expect(nearestName(name, known)).toBe(meant)
  })

  test.each([['execute'], ['temperature'], ['x'], [''], ['__proto__'], ['constructor']])(
    'nearestName() has no suggestion for %s',
    (name) => {
      expect(nearestName(name, known)).toBeUndefined()
    },
  )

  test('nearestName() suggests the name of another library only if the option exists', () => {
    expect(nearestName('execute', ['parameters', 'run'])).toBe('run')
    expect(nearestName('model', ['model', 'name'])).toBe('model')
  })

  test('nearestName() finds a name of four or more letters after one typing error', () => {
    const slip = fc.constantFrom('add', 'remove', 'change', 'swap')
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,20}$/), slip, fc.nat(), (name, kind, seed) => {
        const at = seed % name.length
        const [before, here, after] = [name.slice(0, at), name[at], name.slice(at + 1)]
        const slipped = {
          add: `${before}q${here}${after}`,
          remove: `${before}${after}`,
          change: `${before}q${after}`,
          swap: `${before}${after.slice(0, 1)}${here}${after.slice(1)}`,
        }[kind]
        expect(nearestName(slipped, [name])).toBe(name)
      }),
    )
  })

  test('nearestName() suggests only known names', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (name, names) => {
        const nearest = nearestName(name, names)
        if (nearest !== undefined) expect(names).toContain(nearest)
      }),
    )
  })

  test('nearestName() reads only the beginning of a very long name', () => {
    const name = 'driver'.repeat(2_000_000)
    expect(nearestName(name, known)).toBeUndefined()
  })
})

describe('show', () => {
  class Client {
    readonly token = 'hidden'
  }
  const circle: { self?: unknown } = {}
  circle.self = circle

  test.each([
    [undefined, 'undefined'],
    [Number.NaN, 'NaN'],
    [5n, '5'],
    [Symbol('a'), 'Symbol(a)'],
    ['a\n', '"a\\n"'],
    [[1, 'a'], '[1,"a"]'],
    [{ a: 1 }, '{"a":1}'],
    [function named() {}, 'the function named()'],
    [() => {}, 'a function'],
    [Promise.resolve(), 'an instance of Promise'],
    [new AbortController(), 'an instance of AbortController'],
    [new Client(), 'an instance of Client'],
    [circle, 'an object'],
    [Object.create(null), '{}'],
    ['https://me:hidden@a.test/b', '"https://…@a.test/b"'],
    [{ apiKey: 'hidden', at: 'redis://me:hidden@a' }, '{"apiKey":"…","at":"redis://…@a"}'],
    [{ headers: { accept: 'hidden' }, maxTokens: 5 }, '{"headers":"…","maxTokens":5}'],
  ])('show() formats %o as %s', (value, written) => {
    expect(show(value)).toBe(written)
  })

  test('show() shortens long values', () => {
    expect(show('a'.repeat(1_000))).toHaveLength(83)
    expect(show(Array.from({ length: 1_000 }, () => 1))).toHaveLength(81)
  })
})
