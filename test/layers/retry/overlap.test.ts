import { array, assert, constantFrom, integer, nat, pre, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { Overlap } from '../../../src/layers/retry/overlap.js'

/** The rest of a text that arrives in these pieces. */
function join(shown: string, pieces: readonly string[]): string {
  const overlap = new Overlap(shown)
  let text = ''
  for (const piece of pieces) text += overlap.done ? piece : overlap.feed(piece)
  return text + overlap.end()
}

test.for([
  { shown: 'The sky is blue bec', next: 'ause', rest: 'ause' },
  { shown: 'The sky is blue bec', next: 'because air scatters', rest: 'ause air scatters' },
  { shown: 'The sky is blue bec', next: 'The sky is blue because', rest: 'ause' },
  { shown: 'One. Two. Thr', next: 'Two. Three.', rest: 'ee.' },
  { shown: 'a space at the end ', next: ' of it', rest: 'of it' },
  { shown: 'He said hel', next: 'lo', rest: 'lo' },
  { shown: 'nothing in common', next: 'Xyz', rest: 'Xyz' },
  { shown: 'repeats all', next: 'repeats all', rest: '' },
])('the repetition is removed from $shown| + $next', ({ shown, next, rest }) => {
  expect(join(shown, [next])).toBe(rest)
  expect(join(shown, [...next])).toBe(rest)
})

const words = string({
  unit: constantFrom(...'abcdefghijklmnop .,é🌊'),
  minLength: 20,
  maxLength: 400,
})

test('a repetition of eight or more characters is removed, however the text is split', () => {
  assert(
    property(
      words,
      nat(),
      integer({ min: 8, max: 300 }),
      array(integer({ min: 1, max: 9 })),
      (text, at, back, sizes) => {
        const cut = 1 + (at % text.length)
        const shown = text.slice(0, cut)
        const next = text.slice(Math.max(0, cut - back))
        const overlap = shown.length - Math.max(0, cut - back)
        pre(overlap >= 8)
        // A longer end that happens to repeat as well would be found first.
        const longer = Array.from({ length: shown.length }, (_, start) => shown.slice(start)).some(
          (end) => end.length > overlap && next.startsWith(end),
        )
        pre(!longer)
        const pieces: string[] = []
        for (let start = 0, turn = 0; start < next.length; turn++) {
          const size = sizes[turn % (sizes.length || 1)] ?? next.length
          pieces.push(next.slice(start, start + size))
          start += size
        }
        expect(shown + join(shown, pieces)).toBe(text)
      },
    ),
  )
})

test('only an end of the shown text is removed, within the window', () => {
  assert(
    property(string({ maxLength: 3000 }), string({ maxLength: 50 }), (shown, next) => {
      const rest = join(shown, [...next])
      expect(next.endsWith(rest)).toBe(true)
      const taken = next.slice(0, next.length - rest.length)
      expect(shown.endsWith(taken)).toBe(true)
      expect(taken.length).toBeLessThanOrEqual(1_024)
    }),
  )
})
