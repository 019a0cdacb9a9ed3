import { expect, test } from 'vitest'
import { compact } from '../../src/base/read-json.js'

test('compact() leaves undefined values out, and keeps a field that has the name of the prototype', () => {
  const record = JSON.parse('{"a":1,"__proto__":{"polluted":1},"b":null}') as Record<
    string,
    unknown
  >
  const result = compact({ ...record, c: undefined })
  expect(Object.entries(result)).toEqual(Object.entries(record))
  expect(result).not.toHaveProperty('polluted')
  expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
})
