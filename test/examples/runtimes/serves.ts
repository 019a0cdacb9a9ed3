/**
 * What every example that is a server has to do, looked at from outside.
 */

import { type SimulatedProvider, type SimulatedServer, simulatedProvider } from 'sluice/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Line } from '../child.ts'
import { curl, type Started, start } from './started.ts'

export interface ServerExample {
  name: string
  file: string
  /** What it prints once it listens, with the origin as its group. */
  listening: RegExp
  /** What of the line is not done a second time. */
  done: readonly string[]
  /** Checks its types, once it is installed. */
  types: string
  /**
   * How long it may take to notice that a client has left while the model says nothing.
   * @default 1_000
   */
  noticesWithinMs?: number
  /** Further tests, of the server that has a key. */
  more?: (server: () => { origin: string; provider: SimulatedProvider }) => void
}

export const words = Array.from({ length: 500 }, (_, index) => `word${index}`).join(' ')

export function describeServer(example: ServerExample): void {
  const { name, file, listening, done, types, noticesWithinMs = 1_000, more } = example
  describe(name, () => {
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
      const provider = simulatedProvider({
        paceMs: 5,
        answer: ({ body }) => {
          const asked = JSON.stringify(body)
          const kind = asked.includes('Break')
            ? 'cut'
            : asked.includes('Stall')
              ? 'stall'
              : undefined
          return kind === undefined ? words : { text: words, fault: { kind, afterEvents: 8 } }
        },
      })
      let upstream: SimulatedServer
      let started: Started

      beforeAll(async () => {
        upstream = await provider.listen()
        const environment = { OPENAI_API_KEY: 'any', OPENAI_BASE_URL: `${upstream.url}/v1` }
        started = await start(file, listening, environment, done)
      })
      afterAll(async () => {
        await started?.[Symbol.asyncDispose]()
        await upstream?.close()
      })

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

      test('a client that leaves while the model says nothing does too', async () => {
        await using asked = curl(file, started.origin, 'Stall')
        await asked.prints(/word6/)
        const request = provider.requests.at(-1)
        const left = performance.now()
        await asked[Symbol.asyncDispose]()
        expect(await request?.closed).toBe('aborted')
        expect(performance.now() - left).toBeLessThan(noticesWithinMs)
        expect(request?.sent).toBe(8)
      })

      test('an answer that breaks off is tried again, and then an error', async () => {
        await using asked = curl(file, started.origin, 'Break')
        expect(await asked.ended(), asked.errors).toBe(0)
        expect(asked.output).toMatch(
          /event: retry\n[^]*event: error\n.*"code":"(network|interrupted)"/,
        )
      })

      more?.(() => ({ origin: started.origin, provider }))
    })
  })
}
