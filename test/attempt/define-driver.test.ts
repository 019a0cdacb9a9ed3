import { expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import { createStream, fallback } from '../../src/entries/index.js'
import { named } from '../support/drivers.js'

test('a copy of a driver with a stream of its own is read through that stream', async () => {
  const driver = fallback(named('a', ['Hi']))
  const asked = vi.fn()
  const copy: Driver = {
    ...driver,
    model: 'copy',
    stream(request, context) {
      asked(request.prompt)
      return driver.stream(request, context)
    },
  }
  const complete = await createStream({ driver: copy, prompt: 'p' }).final()
  expect(complete.text).toBe('Hi')
  expect(asked.mock.calls).toEqual([['p']])
})
