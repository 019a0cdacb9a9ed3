import { describe, expect, test } from 'vitest'
import type { Driver, DriverYield } from '../../src/base/driver.js'
import { createStream } from '../../src/entries/index.js'
import { collect, outline } from '../support/collect.js'

function yielding(...values: unknown[]): Driver & { returned: boolean } {
  const driver = {
    provider: 'mine',
    model: 'm',
    returned: false,
    async *stream() {
      try {
        for (const value of values) yield value as DriverYield
        return { finishReason: 'stop' as const, usage: {} }
      } finally {
        driver.returned = true
      }
    },
  }
  return driver
}

const text = { type: 'content', kind: 'text', index: 0, text: 'a' }

const wrong: [string, unknown][] = [
  ['null', null],
  ['nothing', undefined],
  ['a string', 'a'],
  ['an object without a type', {}],
  ['an event of the stream', { type: 'start' }],
  ['a list with something else in it', [text, 'b']],
  ['content without an index', { type: 'content', kind: 'text', text: 'a' }],
  ['content of no kind', { ...text, kind: 'video' }],
  ['text without text', { ...text, text: undefined }],
  ['half a tool call', { type: 'content', kind: 'tool-call', index: 0, id: 'c', name: 'n' }],
  ['a file without data', { type: 'content', kind: 'file', index: 0, mediaType: 'image/png' }],
  ['a retry without an error', { type: 'retry', attempt: 2 }],
]

describe('a driver that yields what is no event', () => {
  test.each(wrong)('fails with a protocol error that shows it: %s', async (_name, value) => {
    const driver = yielding(text, value)
    const events = await collect(createStream({ driver, prompt: 'p' }))
    expect(outline(events)).toEqual(['start', 'text a', 'error protocol'])
    const { error } = events.at(-1) as { error: Error }
    expect(error.message).toContain('mine: the driver yielded ')
    expect(error.message).toContain('Allowed: content events')
    expect(driver.returned).toBe(true)
  })

  test('does not fail for an empty list', async () => {
    const driver = yielding([], text, [])
    expect(await createStream({ driver, prompt: 'p' }).text()).toBe('a')
  })
})
