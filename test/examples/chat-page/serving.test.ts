/**
 * How the chat server serves its page.
 */

import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { builtPage, serveChat } from './serve-chat.ts'

test('only whoever asks for HTML gets the page; curl gets the list of routes', async () => {
  await using server = await serveChat()
  const list = await fetch(server.url, { headers: { accept: '*/*' } })
  expect(await list.text()).toMatch(/^curl -N /)
  const html = await fetch(server.url, { headers: { accept: 'text/html,*/*;q=0.8' } })
  expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(html.headers.get('content-security-policy')).toContain("default-src 'self'")
  expect(await html.text()).toContain('<div id="root">')
})

test('the page is compressed for whoever accepts it', async () => {
  await using server = await serveChat()
  const accept = 'text/html'
  const plain = await fetch(server.url, { headers: { accept, 'accept-encoding': 'identity' } })
  expect(plain.headers.get('content-encoding')).toBeNull()
  expect(plain.headers.get('vary')).toBe('accept, accept-encoding')
  const text = await plain.text()
  const file = (await builtPage()).get('/index.html')
  const undo = { br: brotliDecompressSync, gzip: gunzipSync }
  for (const [accepted, name] of [
    ['gzip, deflate, br', 'br'],
    ['deflate, gzip;q=1.0', 'gzip'],
  ] as const) {
    const headers = { accept, 'accept-encoding': accepted }
    const small = await fetch(server.url, { headers })
    expect(small.headers.get('content-encoding')).toBe(name)
    // fetch() has undone it.
    expect(await small.text()).toBe(text)
    expect(undo[name](file?.encoded[name] ?? '').toString()).toBe(text)
  }
})
