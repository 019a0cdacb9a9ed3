/**
 * A browser: the drivers by fetch, and what reads a stream back.
 */

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Results, Runtime } from './runtime.ts'

const refused = 'the official SDKs refuse to run in a browser, where everybody could read the key'

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const chromium: Runtime = {
  name: 'Chromium',
  explained: {
    'openai (SDK)': refused,
    'openai, Responses (SDK)': refused,
    'anthropic (SDK)': refused,
    'structured output (SDKs)': refused,
    'back-pressure':
      'the browser reads a response ahead of its reader, up to tens of megabytes; fetch alone does the same',
  },
  run: async (provider, { module }) => {
    // Without a debugger: that would read the bodies too, and hide whether a slow reader holds the provider back.
    const page = `<!doctype html><title>suite</title><script type="module">
import { runChecks } from '/suite.js'
const results = await runChecks(${JSON.stringify(provider)})
await fetch('/results', { method: 'POST', body: JSON.stringify(results) })
</script>`
    let onResults = (_results: Results): void => {}
    const results = new Promise<Results>((resolve) => {
      onResults = resolve
    })
    const server = createServer((request, response) => {
      if (request.method === 'POST') {
        let body = ''
        request.on('data', (piece) => {
          body += String(piece)
        })
        request.on('end', () => {
          response.end()
          onResults(JSON.parse(body) as Results)
        })
        return
      }
      const isModule = request.url === '/suite.js'
      response.setHeader('content-type', isModule ? 'text/javascript' : 'text/html')
      response.end(isModule ? module : page)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const folder = await mkdtemp(join(tmpdir(), 'chromium-'))
    const child = spawn(
      process.env.CHROMIUM ?? 'chromium',
      [...flags, `--user-data-dir=${folder}`, `http://127.0.0.1:${port}/`],
      { stdio: 'ignore' },
    )
    const exited = new Promise<void>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', () => resolve())
    })
    try {
      const ended = exited.then(() => Promise.reject(new Error('The browser ended by itself.')))
      return { results: await Promise.race([results, ended]), close: async () => {} }
    } finally {
      child.kill('SIGKILL')
      await exited.catch(() => {})
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  },
}
