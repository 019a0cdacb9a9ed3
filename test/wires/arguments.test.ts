import { expect, test } from 'vitest'
import { toArguments } from '../../src/wires/tool-texts.js'

const argumentsOf = (input: unknown, error?: string): unknown =>
  toArguments({ type: 'tool-call', id: 'c', name: 'f', input, ...(error ? { error } : {}) })

test('the arguments of a call go back as an object, whatever they are', () => {
  expect(argumentsOf({ x: 1 })).toEqual({ x: 1 })
  for (const none of [null, undefined, '']) expect(argumentsOf(none)).toEqual({})
  for (const value of ['SELECT 1', [1], 5]) expect(argumentsOf(value)).toEqual({ input: value })
})

test('arguments that were broken go back under a name that tells so', () => {
  expect(argumentsOf('{"x', 'cut off')).toEqual({ invalid_json: '{"x' })
  expect(argumentsOf('', 'cut off')).toEqual({ invalid_json: '' })
})
