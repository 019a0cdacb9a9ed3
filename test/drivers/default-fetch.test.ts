/**
 * The fetch of drivers that are given none: nodeFetch, unless somebody has replaced the global one.
 */

import diagnostics from 'node:diagnostics_channel'
import { HttpResponse, http } from 'msw/http'
import { setupServer } from 'msw/node'
import { getGlobalDispatcher, MockAgent, setGlobalDispatcher } from 'undici'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createStream } from '../../src/entries/index.js'
import { simulatedProvider } from '../../src/entries/testing.js'
import { everyDriver } from '../support/every-driver.js'

const answer = 'Hello from a provider.'
const dispatcher = getGlobalDispatcher()

afterEach(() => {
  vi.unstubAllGlobals()
  setGlobalDispatcher(dispatcher)
})

/** What the global fetch has requested of a server, once it has requested this: it leaves that in Node's timeline. */
async function fetched(url: string): Promise<string[]> {
  const names = (): string[] =>
    performance
      .getEntriesByType('resource')
      .flatMap(({ name }) => (name.startsWith(url) ? [name] : []))
  await (await globalThis.fetch(`${url}/last`)).text()
  await expect.poll(names).toContain(`${url}/last`)
  return names().filter((name) => !name.endsWith('/last'))
}

describe.each(everyDriver)('$name without the option fetch', ({ driver }) => {
  const ask = (url?: string): Promise<string> =>
    createStream({ driver: driver({ url }), prompt: 'p', retry: false }).text()

  test('sends by nodeFetch', async () => {
    const server = await simulatedProvider({ paceMs: 0, answer }).listen()
    expect(await ask(server.url)).toBe(answer)
    expect(await fetched(server.url)).toEqual([])
    await server.close()
  })

  test('sends by a global fetch that was replaced, also after its first request', async () => {
    const server = await simulatedProvider({ paceMs: 0, answer }).listen()
    const own = driver({ url: server.url })
    const first = createStream({ driver: own, prompt: 'p' })
    expect(await first.text()).toBe(answer)
    const { fetch } = globalThis
    const replaced = [
      vi.fn(fetch),
      vi.fn((...request: Parameters<typeof fetch>) => fetch(...request)),
      fetch.bind(globalThis),
      new Proxy(fetch, {}),
    ]
    for (const each of replaced) {
      performance.clearResourceTimings()
      vi.stubGlobal('fetch', each)
      expect(await createStream({ driver: own, prompt: 'p' }).text()).toBe(answer)
      expect(await fetched(server.url)).toHaveLength(1)
    }
    await server.close()
  })

  test('is answered by a mock of MSW', async () => {
    const provider = simulatedProvider({ paceMs: 0, answer })
    const seen: string[] = []
    const mock = setupServer(
      http.all('http://provider.test/*', async ({ request }) => {
        seen.push(request.url)
        const { url, method, headers } = request
        const init = { method, headers, body: await request.text() }
        return (await provider.fetch(url, init)) as HttpResponse<string>
      }),
    )
    mock.listen({ onUnhandledFrame: 'error' })
    expect(await ask()).toBe(answer)
    expect(seen).toHaveLength(1)
    mock.close()
  })

  test('is answered by a mock of undici', async () => {
    const mock = new MockAgent()
    mock.disableNetConnect()
    setGlobalDispatcher(mock)
    const any = { path: () => true, method: 'POST' }
    mock.get('http://provider.test').intercept(any).reply(401, '{}')
    await expect(ask()).rejects.toMatchObject({ code: 'auth' })
  })

  test('is seen by tracers that listen to the channels of undici', async () => {
    const server = await simulatedProvider({ paceMs: 0, answer }).listen()
    const origins: unknown[] = []
    const listener = (message: unknown): void => {
      origins.push((message as { request: { origin: unknown } }).request.origin)
    }
    diagnostics.subscribe('undici:request:create', listener)
    await ask(server.url)
    diagnostics.unsubscribe('undici:request:create', listener)
    expect(origins).toEqual([server.url])
    await server.close()
  })
})
