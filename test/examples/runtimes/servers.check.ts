import { type SimulatedServer, simulatedProvider } from 'sluice/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Line } from '../child.ts'
import { foldersElsewhere } from '../headers.ts'
import { curl, type Started, start } from './started.ts'

interface ServerExample {
  name: string
  file: string
  listening: RegExp
  /** What of the line is not done a second time. */
  done: readonly string[]
  /** Checks its types, once it is installed. */
  types: string
}

const build = 'npm run build && '

const examples: readonly ServerExample[] = [
  {
    name: 'Deno',
    file: 'deno/server.ts',
    listening: /Listening on .*(http:\/\/localhost:\d+)/,
    done: [build],
    types:
      'test/runtimes/node_modules/.bin/deno check --config examples/deno/deno.json examples/deno/server.ts',
  },
  {
    name: 'Bun',
    file: 'bun/server.ts',
    listening: /Listening on (http:\/\/localhost:\d+)/,
    done: [build],
    types: 'tsc -p examples/bun --typeRoots test/runtimes/node_modules/@types',
  },
  {
    name: 'Cloudflare Worker',
    file: 'cloudflare-worker/worker.ts',
    listening: /Ready on (http:\/\/localhost:\d+)/,
    done: [build, 'npm ci && '],
    types: 'tsc -p examples/cloudflare-worker',
  },
]

const word = 'word '
const provider = simulatedProvider({
  paceMs: 5,
  answer: ({ body }) => {
    const text = word.repeat(500)
    if (!JSON.stringify(body).includes('Break')) return text
    return { text, fault: { kind: 'cut', afterEvents: 8 } }
  },
})
let upstream: SimulatedServer

beforeAll(async () => {
  upstream = await provider.listen()
})
afterAll(() => upstream?.close())

test('no example is forgotten', () => {
  expect(foldersElsewhere()).toEqual(['bun', 'cloudflare-worker', 'deno'])
})

describe.each(examples)('$name', ({ file, listening, done, types }) => {
  test('streams token by token, on a simulated model', { timeout: 300_000 }, async () => {
    await using started = await start(file, listening)
    await using asked = curl(file, started.origin)
    const pieces: string[] = []
    asked.process.stdout.on('data', (piece: string) => pieces.push(piece))
    expect(await asked.ended(), asked.errors).toBe(0)
    expect(asked.output).toMatch(/^id: 1\nevent: start\n[^]*event: complete\n.*Hello.*\n\n$/)
    expect(pieces.length).toBeGreaterThan(10)
  })

  test('its types hold', async () => {
    await using checker = new Line(types)
    expect(await checker.ended(), checker.output + checker.errors).toBe(0)
  })

  describe('with a key', () => {
    let started: Started

    beforeAll(async () => {
      const environment = { OPENAI_API_KEY: 'any', OPENAI_BASE_URL: `${upstream.url}/v1` }
      started = await start(file, listening, environment, done)
    })
    afterAll(() => started?.[Symbol.asyncDispose]())

    test('a client that leaves closes the connection to the provider', async () => {
      await using asked = curl(file, started.origin)
      await asked.prints(/event: content/)
      const request = provider.requests.at(-1)
      expect(request?.headers.authorization).toBe('Bearer any')
      expect(request?.sent).toBeLessThan(250)
      const left = performance.now()
      await asked[Symbol.asyncDispose]()
      expect(await request?.closed).toBe('aborted')
      expect(performance.now() - left).toBeLessThan(1_000)
    })

    test('an answer that breaks off is tried again, and then an error', async () => {
      await using asked = curl(file, started.origin, 'Break')
      expect(await asked.ended(), asked.errors).toBe(0)
      expect(asked.output).toMatch(
        /event: retry\n[^]*event: error\n.*"code":"(network|interrupted)"/,
      )
    })
  })
})
