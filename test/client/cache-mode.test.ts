import { afterEach, expect, test, vi } from 'vitest'
import { connect } from '../../src/entries/client.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

async function initOf(options: RequestInit = {}): Promise<RequestInit | undefined> {
  const fetch = vi.fn(
    async (_url: unknown, _init?: RequestInit) => new Response('', { status: 400 }),
  )
  await connect('http://a.test', { ...options, fetch })
    .final()
    .catch(() => {})
  return fetch.mock.calls[0]?.[1]
}

test('connect() sets the cache mode no-store, and leaves that of the caller', async () => {
  expect(await initOf()).toMatchObject({ cache: 'no-store' })
  expect(await initOf({ cache: 'reload' })).toMatchObject({ cache: 'reload' })
})

test.each([
  // Seen in workerd before compatibility date 2024-11-11
  ['a Request without the property', function OldRequest() {}],
  ['no Request', undefined],
])('connect() sets no cache mode if the runtime has %s', async (_name, request) => {
  vi.stubGlobal('Request', request)
  expect(await initOf()).not.toHaveProperty('cache')
})
