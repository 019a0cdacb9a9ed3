/**
 * Starts what `npm run build` has built, and checks what the other frameworks are tested for: `npm start`.
 */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { get, type IncomingMessage } from 'node:http'
import { simulatedProvider } from 'sluice/testing'

const slow = simulatedProvider({ paceMs: 5, answer: 'word '.repeat(1000) })
const wide = simulatedProvider({ paceMs: 0, answer: `${'x'.repeat(60_000)} `.repeat(1000) })
const [slowServer, wideServer] = [await slow.listen(), await wide.listen()]

const next = spawn(
  process.execPath,
  ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1', '-p', '0'],
  {
    cwd: import.meta.dirname,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)

const checks: Record<string, (origin: string) => Promise<void>> = {
  async 'streams token by token'(origin) {
    const response = await open(`${origin}/events?provider=${slowServer.url}`)
    assert.equal(response.headers['content-type'], 'text/event-stream; charset=utf-8')
    assert.equal(response.headers['cache-control'], 'no-cache, no-transform')
    let text = ''
    for await (const piece of response) {
      text += String(piece)
      if (text.includes('event: content')) break
    }
    // Most of the answer has not been sent yet.
    assert.ok((slow.requests.at(-1)?.sent ?? Infinity) < 500)
  },

  async "closes the provider's socket when the client has left"(origin) {
    const response = await open(`${origin}/events?provider=${slowServer.url}`)
    await new Promise((resolve) => response.once('data', resolve))
    const request = slow.requests.at(-1)
    while ((request?.sent ?? 0) < 3) await new Promise((resolve) => response.once('data', resolve))
    response.destroy()
    const left = performance.now()
    assert.equal(await request?.closed, 'aborted')
    const tookMs = performance.now() - left
    assert.ok(tookMs < 2_000, `It took ${tookMs} ms.`)
  },

  async 'holds the provider back while the client does not read'(origin) {
    const response = await open(`${origin}/text?provider=${wideServer.url}`)
    response.pause()
    const request = wide.requests.at(-1)
    let before = -1
    while (before !== request?.sent) {
      before = request?.sent ?? 0
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    assert.ok(before > 0 && before < 700, `${before} of 1000 tokens of 60 kB were sent.`)
    response.destroy()
  },

  async 'answers a failure before content with its status'(origin) {
    for (const kind of ['early', 'text']) {
      const response = await fetch(
        `${origin}/${kind}?provider=${slowServer.url}&fault=${encodeURIComponent('status=429')}`,
      )
      assert.equal(response.status, 429)
      assert.match(await response.text(), /Too many requests\./)
    }
  },

  async 'tells a failure after content, as an event or by breaking text off'(origin) {
    const query = `provider=${slowServer.url}&fault=${encodeURIComponent('cut=5')}`
    const events = await (await fetch(`${origin}/events?${query}`)).text()
    assert.match(events, /event: content[^]*event: error\ndata: \{[^\n]*"partial"/)
    const text = fetch(`${origin}/text?${query}`).then((response) => response.text())
    await assert.rejects(text)
  },
}

try {
  const origin = await ready()
  for (const [name, check] of Object.entries(checks)) {
    await check(origin)
    console.log(`ok  Next ${name}`)
  }
} finally {
  next.kill()
  await Promise.all([slowServer.close(), wideServer.close()])
}

function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, resolve).on('error', reject))
}

/** Resolves with the origin once the server listens. */
async function ready(): Promise<string> {
  let output = ''
  for await (const piece of next.stdout) {
    output += String(piece)
    const origin = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(output)?.[0]
    if (origin !== undefined && output.includes('Ready')) {
      next.stdout.resume()
      return origin
    }
  }
  throw new Error(`Next has ended: ${output}`)
}
