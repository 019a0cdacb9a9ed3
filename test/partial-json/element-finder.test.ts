import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ElementFinder } from '../../src/partial-json/element-finder.js'

/**
 * Values with few keys, so that many paths lead somewhere. Only one has an escape, because JSON.parse() of V8 13.6 may take one
 * escaped key for another.
 */
const keys = ['a', 'b', '"']
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom(null, true, false, -12.5e-7, 0, 1e21, '', '"[1,', '\\', '}\u2028', '\ud800'),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 3 }),
  ),
}))

const texts = fc
  .tuple(values, fc.constantFrom(0, 1, '\t'))
  .map(([value, indent]) => JSON.stringify(value, null, indent))
const steps = ['*', ...keys]
const paths = fc.array(fc.constantFrom(...steps), { maxLength: 4 })
/** All paths of up to three steps. */
const shortPaths = [0, 1, 2].reduce<string[][]>(
  (all) => [[], ...all.flatMap((path) => steps.map((step) => [...path, step]))],
  [[]],
)
const places = fc.array(fc.nat(), { maxLength: 15 })

function cut(text: string, at: readonly number[]): string[] {
  const sorted = at.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b)
  return [0, ...sorted].map((start, index) => text.slice(start, sorted[index] ?? text.length))
}

/** The elements, and whether the text is JSON. */
function find(pieces: Iterable<string>, path: readonly string[]): [unknown[], boolean] {
  const finder = new ElementFinder(path)
  const elements: unknown[] = []
  try {
    for (const piece of pieces) for (const element of finder.feed(piece)) elements.push(element)
    finder.end()
    return [elements, true]
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError)
    return [elements, false]
  }
}

function elementsAt(value: unknown, [step, ...rest]: readonly string[]): unknown[] {
  if (step === undefined) return Array.isArray(value) ? value : []
  if (Array.isArray(value)) return step === '*' ? value.flatMap((one) => elementsAt(one, rest)) : []
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return []
  return elementsAt((value as Record<string, unknown>)[step], rest)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('the elements of any JSON', () => {
  test('the elements are those of the parsed value, for any path and pieces', () => {
    let found = 0
    fc.assert(
      fc.property(texts, places, (text, at) => {
        for (const path of shortPaths) {
          const expected = elementsAt(JSON.parse(text), path)
          if (path.length > 0) found += expected.length
          expect([path, find(cut(text, at), path)]).toEqual([path, [expected, true]])
          expect([path, find([text], path)]).toEqual([path, [expected, true]])
        }
      }),
      { numRuns: 300 },
    )
    // Enough of the paths lead to an array.
    expect(found).toBeGreaterThan(200)
  })

  test('the beginning of a text has the first of its elements', () => {
    fc.assert(
      fc.property(texts, paths, places, fc.nat(), (text, path, at, length) => {
        const [elements] = find(cut(text.slice(0, length % text.length), at), path)
        const all = elementsAt(JSON.parse(text), path)
        expect(elements).toEqual(all.slice(0, elements.length))
      }),
      { numRuns: 1_000 },
    )
  })
})

test('a text is refused if, and only if, JSON.parse() refuses it, in any pieces', () => {
  const characters = fc.constantFrom(...'{}[]:,"\\ \n0-.e1tnuf\u0000\u00a0ab')
  const damaged = fc
    .tuple(texts, fc.nat(), fc.nat({ max: 2 }), fc.string({ unit: characters, maxLength: 2 }))
    .map(([text, place, skipped, added]) => {
      const at = place % (text.length + 1)
      return text.slice(0, at) + added + text.slice(at + skipped)
    })
  const verdicts = new Set<boolean>()
  fc.assert(
    fc.property(damaged, paths, places, (text, path, at) => {
      const valid = isJson(text)
      verdicts.add(valid)
      const whole = find([text], path)
      expect([text, whole[1]]).toEqual([text, valid])
      const inPieces = find(cut(text, at), path)
      expect([text, inPieces[1], inPieces[0].length]).toEqual([text, valid, whole[0].length])
    }),
    { numRuns: 5_000 },
  )
  expect(verdicts.size).toBe(2)
})

test.each([
  '',
  ' ',
  '[1,]',
  '[,1]',
  '{"a":}',
  '{"a" 1}',
  '{,}',
  '{"a":1,}',
  '[1}',
  '{]',
  '1,',
  '[]]',
  '[1 2]',
  '{1:2}',
  '"a" "b"',
  '[[1],{]',
])('the text %j is refused at each path', (text) => {
  for (const path of [[], ['a'], ['*'], ['*', '*']]) expect(find(text, path)[1]).toBe(false)
})

test('the elements before an error are yielded', () => {
  expect(find(['[1, "two", tru]'], [])).toEqual([[1, 'two'], false])
  expect(find(['{"a": [[1], [2, 3}, [4]]}'], ['a', '*'])).toEqual([[1, 2, 3], false])
})

test('arrays of a repeated key all have their elements', () => {
  expect(find('{"a": [1], "a": [2]}', ['a'])).toEqual([[1, 2], true])
})

test('keys of the prototype are keys like any other', () => {
  expect(find('{"a": [1]}', ['__proto__'])).toEqual([[], true])
  expect(find('{"__proto__": {"constructor": [1]}}', ['__proto__', 'constructor'])).toEqual([
    [1],
    true,
  ])
  const [[element]] = find('[{"__proto__": {"evil": 1}}]', [])
  expect(Object.keys(element as object)).toEqual(['__proto__'])
  expect((element as { evil?: number }).evil).toBeUndefined()
})

test('nesting without end keeps only the containers on the path', () => {
  const depth = 100_000
  const text = '['.repeat(depth) + ']'.repeat(depth)
  const finder = new ElementFinder([])
  let elements = 0
  for (const _ of finder.feed(text)) elements++
  finder.end()
  expect(elements).toBe(1)
})
