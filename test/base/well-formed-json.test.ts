import { expect, test } from 'vitest'
import { toWellFormed } from '../../src/base/well-formed-json.js'

const half = '\ud83d'

test.each<[string, unknown, unknown]>([
  ['a text', { a: ['x', { b: `x${half}` }] }, { a: ['x', { b: 'x\ufffd' }] }],
  ['a name', { [half]: 1 }, { '\ufffd': 1 }],
  ['what a value says of itself', { a: { toJSON: () => half } }, { a: '\ufffd' }],
  [
    'a deep value',
    JSON.parse(`${'['.repeat(200)}"\\ud83d"${']'.repeat(200)}`),
    JSON.parse(`${'['.repeat(200)}"\ufffd"${']'.repeat(200)}`),
  ],
])('half a surrogate pair is replaced in %s', (_where, body, expected) => {
  expect(toWellFormed(body)).toEqual(expected)
})

test('a body whose strings are well-formed is not copied', () => {
  const body = { a: ['\\ud83d', '🦊', null, 1, true, undefined] }
  expect(toWellFormed(body)).toBe(body)
})

test.each<[string, unknown]>([
  ['is nested in itself', selfNested()],
  ['holds a bigint', { a: 1n }],
])('a body that %s cannot be sent', (_what, body) => {
  expect(() => toWellFormed(body)).toThrow(TypeError)
})

function selfNested(): object {
  const value: Record<string, unknown> = {}
  value.self = { value }
  return value
}
