import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  browserNote,
  browserPresent,
  launchBrowser,
  type PageServer,
  servePage,
} from '../support/browser.js'

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const answer =
  'event: start\ndata: {"type":"start","id":"s","provider":"p","model":"m"}\n\nevent: error\ndata: {"type":"error","error":{"code":"quota","message":"No.","retryable":false}}\n\n'

/** The part of the options that can be passed to a page. */
interface Options {
  json?: object
  headers?: Record<string, string>
}

declare const connectTo: (url: string, options: Options) => Promise<string[]>

describe.skipIf(!browserPresent)(`redirects in a browser${browserNote}`, () => {
  let browser: Browser
  let server: PageServer
  let other: Server
  let otherUrl: string
  let page: Page
  let received: string[] = []

  /** `/to?target=…` redirects; every other path streams an answer. */
  function route(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/', headers } = request
    // Any origin may read it: nothing but the library is in the way.
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', '*, authorization')
    if (method === 'OPTIONS') return void response.writeHead(204).end()
    received.push(`${method} ${headers.host} ${url} ${String(headers['x-key'] ?? '')}`.trim())
    const target = new URL(url, 'http://any').searchParams.get('target')
    if (target !== null) return void response.writeHead(307, { location: target }).end()
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer)
  }

  beforeAll(async () => {
    const entry = fileURLToPath(new URL('redirects-page.ts', import.meta.url))
    server = await servePage(entry, route)
    other = createServer(route).listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    browser = await launchBrowser()
    page = await browser.newPage()
    await page.goto(server.url)
    await page.waitForFunction(() => 'connectTo' in globalThis)
  })

  afterAll(async () => {
    await browser?.close()
    other?.close()
    await server?.[Symbol.asyncDispose]()
  })

  beforeEach(() => {
    received = []
  })

  const connected = (url: string, options: Options = {}): Promise<string[]> =>
    page.evaluate(([to, init]) => connectTo(to, init), [url, options] as const)

  test('the server of the page redirects within its origin', async () => {
    const options = { json: { a: 1 }, headers: { 'x-key': 'SECRET' } }
    expect(await connected('/to?target=/final', options)).toEqual(['start', 'error quota'])
    expect(received.at(-1)).toMatch(/^POST \S+ \/final SECRET$/)
  })

  test('the server of the page does not redirect to another origin', async () => {
    const url = `/to?target=${otherUrl}/stolen`
    expect(await connected(url, { json: {} })).toEqual(['start', 'error setup'])
    expect(received.filter((line) => line.includes(' /stolen'))).toEqual([])
  })

  test('another server does not redirect a request with content', async () => {
    const url = `${otherUrl}/to?target=/final`
    for (const options of [{ json: {} }, { headers: { 'x-key': 'SECRET' } }]) {
      expect(await connected(url, options)).toEqual(['start', 'error setup'])
    }
    expect(received.filter((line) => line.includes(' /final'))).toEqual([])
  })

  test('another server redirects a request without content within its origin', async () => {
    expect(await connected(`${otherUrl}/to?target=/final`)).toEqual(['start', 'error quota'])
    const away = `${otherUrl}/to?target=${server.url}/away`
    expect(await connected(away)).toEqual(['start', 'error setup'])
  })
})
