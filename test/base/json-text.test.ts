import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Unwrapper } from '../../src/attempt/structured-output/unwrapper.js'
import { findJson, JsonText } from '../../src/base/json-text.js'

/** The text in pieces, cut at these places. */
function cut(text: string, places: readonly number[]): string[] {
  const at = places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b)
  return [0, ...at].map((start, index) => text.slice(start, at[index] ?? text.length))
}

const places = fc.array(fc.nat(), { maxLength: 12 })
const spaces = fc.stringMatching(/^[ \n\t]{0,4}$/)
/** Any JSON text, written densely or with white space. */
const json = fc
  .tuple(fc.jsonValue(), fc.constantFrom(0, 2))
  .map(([value, indent]) => JSON.stringify(value, null, indent))
const brackets = json.filter((text) => /^[{[]/.test(text))
const prose = fc.constantFrom(
  'Here you are:\n',
  'Sure! The `value` is {not this}:\n\n',
  '<think>A line\n{"not": "this"}\n</think>\n',
)
const fence = fc.constantFrom('```json\n', '```\n', 'As asked: ```json ')

describe('JSON in text', () => {
  test('text that is JSON is returned without surrounding white space', () => {
    fc.assert(
      fc.property(brackets, spaces, spaces, (text, before, after) => {
        expect(findJson(before + text + after)).toBe(text)
      }),
    )
  })

  test('JSON is found after prose and reasoning, and ends with its value', () => {
    fc.assert(
      fc.property(prose, brackets, (before, text) => {
        expect(findJson(`${before}${text}\nI hope that {this} helps.`)).toBe(text)
      }),
    )
  })

  test('JSON is found in any fence', () => {
    fc.assert(
      fc.property(
        fc.oneof(prose, fc.constant('')),
        fence,
        json.filter((text) => !/^[tfn]/.test(text)),
        (before, open, text) => {
          expect(findJson(`${before}${open}${text}\n\`\`\`\n`)).toBe(text)
        },
      ),
    )
  })

  test('the result does not depend on how the text is split', () => {
    fc.assert(
      fc.property(
        fc.oneof(prose, fence, fc.constant('')),
        brackets,
        fc.constantFrom('', '\n```', ' and more'),
        places,
        (before, text, after, at) => {
          const reader = new JsonText()
          const pieces = cut(before + text + after, at).map((piece) => reader.feed(piece))
          expect(pieces.join('')).toBe(text)
        },
      ),
    )
  })

  test.each(['', '   ', 'I cannot do that.', 'An {inline} bracket', '<thing>', '<think>{"a":1}'])(
    'no JSON is found in %j',
    (text) => {
      expect(findJson(text)).toBe('')
    },
  )

  test('JSON that is cut off is returned as far as it goes', () => {
    expect(findJson('```json\n{"a": "`\\"}')).toBe('{"a": "`\\"}')
  })
})

describe('the wrapper around a value', () => {
  const unwrap = (pieces: readonly string[]): string => {
    const unwrapper = new Unwrapper()
    return pieces.map((piece) => unwrapper.feed(piece)).join('') + unwrapper.end()
  }

  test('the wrapper is removed, however the text is split and spaced', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.array(spaces, { minLength: 5, maxLength: 5 }),
        places,
        (value, gaps, at) => {
          const [a = '', b = '', c = '', d = '', e = ''] = gaps
          const text = `${a}{${b}"value"${c}:${d}${JSON.stringify(value, null, 1)}${e}}${a}`
          expect(unwrap(cut(text, at)).trim()).toBe(JSON.stringify(value, null, 1))
        },
      ),
    )
  })

  test('an object that is not the expected wrapper is kept', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('{"valu": 1}', '[{"value": 1}]', '{"val', 'Sorry.', ''),
        places,
        (text, at) => {
          expect(unwrap(cut(text, at))).toBe(text)
        },
      ),
    )
  })

  test('text is buffered only while it may be the end of the wrapper', () => {
    const unwrapper = new Unwrapper()
    expect(unwrapper.feed('{"value": [{"a": 1}')).toBe('[{"a": 1')
    expect(unwrapper.feed(', {"b')).toBe('}, {"b')
    expect(unwrapper.feed('": "}  ')).toBe('": "')
    expect(unwrapper.feed('  x"}]')).toBe('}    x"}]')
    expect(unwrapper.feed('\n}\n')).toBe('\n')
    expect(unwrapper.end()).toBe('')
  })
})
