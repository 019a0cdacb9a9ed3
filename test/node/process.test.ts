/** nodeFetch in a process of its own, on the build. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { listen } from './server.js'

test('a proxy of the environment is used with NODE_USE_ENV_PROXY, as by the global fetch', async () => {
  const seen: unknown[] = []
  const note = (by: string, address: string | undefined): void => void seen.push([by, address])
  // It refuses tunnels, and answers what is sent to it with a whole address.
  await using proxy = await listen((request, response) => {
    note('request', request.url)
    response.end('by proxy')
  })
  proxy.server.on('connect', (request, socket) => {
    note('tunnel', request.url)
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  const entry = new URL('../../dist/entries/node.js', import.meta.url)
  const program = `
    import { nodeFetch } from '${entry.href}'
    for (const fetch of [globalThis.fetch, nodeFetch])
      await fetch('http://provider.test/a', { method: 'POST', body: 'a' }).catch(() => {})`
  const env = { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url, NO_PROXY: '' }
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env })
  expect(seen).toHaveLength(2)
  expect(seen[1]).toEqual(seen[0])
})
