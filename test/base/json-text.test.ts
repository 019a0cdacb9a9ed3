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

describe('the JSON in a text', () => {
  test('is the text itself where it is JSON, white space aside', () => {
    fc.assert(
      fc.property(brackets, spaces, spaces, (text, before, after) => {
        expect(findJson(before + text + after)).toBe(text)
      }),
    )
  })

  test('is found behind prose and reasoning, and ends where its value ends', () => {
    fc.assert(
      fc.property(prose, brackets, (before, text) => {
        expect(findJson(`${before}${text}\nI hope that {this} helps.`)).toBe(text)
      }),
    )
  })

  test('is found in a fence, whatever its kind', () => {
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

  test('is the same in whatever pieces the text comes', () => {
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
    'there is none in %j',
    (text) => {
      expect(findJson(text)).toBe('')
    },
  )

  test('what is cut off comes as far as it goes', () => {
    expect(findJson('```json\n{"a": "`\\"}')).toBe('{"a": "`\\"}')
  })
})

describe('the object around a value', () => {
  const unwrap = (pieces: readonly string[]): string => {
    const unwrapper = new Unwrapper()
    return pieces.map((piece) => unwrapper.feed(piece)).join('') + unwrapper.end()
  }

  test('is taken off in whatever pieces and with whatever white space it comes', () => {
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

  test('is left where it is not the one that was asked for', () => {
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

  test('nothing is held back longer than it may be the end', () => {
    const unwrapper = new Unwrapper()
    expect(unwrapper.feed('{"value": [{"a": 1}')).toBe('[{"a": 1')
    expect(unwrapper.feed(', {"b')).toBe('}, {"b')
    expect(unwrapper.feed('": "}  ')).toBe('": "')
    expect(unwrapper.feed('  x"}]')).toBe('}    x"}]')
    expect(unwrapper.feed('\n}\n')).toBe('\n')
    expect(unwrapper.end()).toBe('')
  })
})
