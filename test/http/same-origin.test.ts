import { afterEach, expect, test, vi } from 'vitest'
import { resolveWithin } from '../../src/http/same-origin.js'

afterEach(() => vi.unstubAllGlobals())

const none = undefined

test.each<[address: string, base: string, resolved: string | undefined]>([
  ['/b?c', 'http://a.test/x/y', 'http://a.test/b?c'],
  ['b', 'http://a.test/x/y', 'http://a.test/x/b'],
  ['http://a.test:80/b', 'http://a.test/', 'http://a.test/b'],
  ['//b.test/', 'http://a.test/', none],
  ['https://a.test/', 'http://a.test/', none],
  ['http://a.test:81/', 'http://a.test/', none],
  ['http://a.test.evil/', 'http://a.test/', none],
  ['http://a.test@evil.test/', 'http://a.test/', none],
  ['http://me:pw@a.test/', 'http://a.test/', none],
  ['\\\\evil.test/', 'http://a.test/', none],
  ['javascript:alert(1)', 'http://a.test/', none],
  ['data:text/plain,a', 'http://a.test/', none],
  ['http://', 'http://a.test/', none],
  ['custom://b/', 'custom://a/', none],
  ['custom://a/b', 'custom://a/', 'custom://a/b'],
  ['/b', '/a', '/b'],
  ['http://a.test/b', '/a', none],
  ['/b', 'nonsense:', none],
])('outside of a page, %s from %s is %s', (address, base, resolved) => {
  expect(resolveWithin(address, base)).toBe(resolved)
})

test.each<[address: string, base: string, resolved: string | undefined]>([
  ['/b', '/a', '/b'],
  ['b', 'a', '/x/b'],
  ['http://page.test/b', '/a', '/b'],
  ['/b', 'http://page.test/a', 'http://page.test/b'],
  ['http://other.test/b', '/a', none],
  ['/b', '//other.test/a', 'http://other.test/b'],
  ['http://page.test/b', '//other.test/a', none],
])('in a page, %s from %s is %s', (address, base, resolved) => {
  vi.stubGlobal('location', { href: 'http://page.test/x/y' })
  expect(resolveWithin(address, base)).toBe(resolved)
})
