import { expect, test } from 'vitest'
import { foldersElsewhere } from '../headers.ts'
import { describeServer } from './serves.ts'

const build = 'npm run build && '

test('no example is forgotten', () => {
  expect(foldersElsewhere()).toEqual(['browser', 'bun', 'cloudflare-worker', 'deno', 'next'])
})

describeServer({
  name: 'Deno',
  file: 'deno/server.ts',
  listening: /Listening on .*(http:\/\/localhost:\d+)/,
  done: [build],
  types:
    'test/runtimes/node_modules/.bin/deno check --config examples/deno/deno.json examples/deno/server.ts',
})

describeServer({
  name: 'Bun',
  file: 'bun/server.ts',
  listening: /Listening on (http:\/\/localhost:\d+)/,
  done: [build],
  types: 'tsc -p examples/bun --typeRoots test/runtimes/node_modules/@types',
})

describeServer({
  name: 'Cloudflare Worker',
  file: 'cloudflare-worker/worker.ts',
  listening: /Ready on (http:\/\/localhost:\d+)/,
  done: [build, 'npm ci && '],
  types: 'tsc -p examples/cloudflare-worker',
  // Two heartbeats: the first that is written after it has left is not answered yet.
  noticesWithinMs: 14_000,
})
