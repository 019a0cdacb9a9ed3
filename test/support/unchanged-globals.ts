/**
 * Set up for files that share a worker: what one of them leaves behind would change the next.
 */

import { afterAll, expect } from 'vitest'

const names = [
  'AbortSignal',
  'Date',
  'Headers',
  'ReadableStream',
  'Request',
  'Response',
  'cancelAnimationFrame',
  'clearTimeout',
  'document',
  'fetch',
  'navigator',
  'performance',
  'queueMicrotask',
  'requestAnimationFrame',
  'setInterval',
  'setTimeout',
  'window',
]

/** By name, whatever tests change besides their own objects. */
function read(): Map<string, unknown> {
  const events = ['unhandledRejection', 'uncaughtException', 'warning']
  return new Map<string, unknown>([
    ...names.map((name) => [name, (globalThis as Record<string, unknown>)[name]] as const),
    ...events.map((event) => [`on ${event}`, process.listenerCount(event)] as const),
    ...Object.entries(process.env).map(([name, value]) => [`env ${name}`, value] as const),
  ])
}

const before = read()

afterAll(() => {
  const after = read()
  const all = [...new Set([...before.keys(), ...after.keys()])]
  const changed = all.filter((name) => before.get(name) !== after.get(name))
  expect(changed, 'globals, listeners and variables that this file does not restore').toEqual([])
})
