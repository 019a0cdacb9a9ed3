/**
 * A real browser, for tests of what runs in one.
 */

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { PluginOption } from 'vite'
import { bundle } from './bundle.js'

const binary = '/usr/bin/chromium'

export const browserPresent = existsSync(binary)

/** For the name of a suite that is skipped without a browser. */
export const browserNote = browserPresent ? '' : ` (skipped: there is no ${binary})`

/** Chromium without a window. Whoever launches it closes it. */
/** @param without - arguments of the driver's that are left out */
export function launchBrowser(without: string[] = []): Promise<Browser> {
  return chromium.launch({
    ignoreDefaultArgs: without,
    executablePath: binary,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
}

/** Answers a request that is not for the page itself. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void

export interface PageServer extends AsyncDisposable {
  /** The page is at its root. */
  readonly url: string
}

/**
 * Serves a page whose script is bundled from `entry`, with the entries of this package by their public names. The script finds an
 * element with the id `root`.
 */
export async function servePage(
  entry: string,
  route: Route,
  plugins: PluginOption[] = [],
): Promise<PageServer> {
  const { code } = await bundle(entry, { mode: 'development', plugins })
  const html = `<!doctype html><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">
<div id="root"></div><script type="module" src="/page.js"></script>`
  const server = createServer({ noDelay: true }, (request, response) => {
    const path = request.url?.replace(/\?.*/, '')
    if (path === '/') response.setHeader('content-type', 'text/html').end(html)
    else if (path === '/page.js') response.setHeader('content-type', 'text/javascript').end(code)
    else route(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** A picture for a person to look at. @returns where it is */
export async function takePicture(page: Page, name: string): Promise<string> {
  const path = join(tmpdir(), 'sluice-pictures', `${name}.png`)
  await page.screenshot({ path })
  return path
}
