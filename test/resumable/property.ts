/**
 * Random producers, followers and reconnections: each follower reads the log exactly, once and in
 * order.
 */

import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { StreamEvent } from '../../src/entries/index.js'
import type { Resumable } from '../../src/entries/resumable.js'
import { readRest, Speaker } from './support.js'

type Step =
  | { kind: 'say'; pieces: number[] }
  | { kind: 'join'; process: number }
  | { kind: 'read'; follower: number; count: number }
  | { kind: 'reconnect'; follower: number; process: number; forget: number }
  | { kind: 'pause' }

const which = fc.nat({ max: 5 })

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('say' as const),
    pieces: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
  }),
  fc.record({ kind: fc.constant('join' as const), process: which }),
  fc.record({ kind: fc.constant('read' as const), follower: which, count: fc.nat({ max: 12 }) }),
  fc.record({
    kind: fc.constant('reconnect' as const),
    follower: which,
    process: which,
    forget: fc.nat({ max: 3 }),
  }),
  fc.record({ kind: fc.constant('pause' as const) }),
)

/** A client that remembers what it has seen. */
class Client {
  readonly seen: StreamEvent[] = []
  #iterator: AsyncIterator<StreamEvent> | undefined

  /** @param forget - how many of the last events were lost on their way to it */
  async connect(resumable: Resumable, id: string, forget = 0): Promise<void> {
    await this.#iterator?.return?.()
    this.seen.splice(Math.max(0, this.seen.length - forget))
    const stream = await resumable.follow(id, String(this.seen.length))
    this.#iterator = stream?.[Symbol.asyncIterator]()
  }

  async read(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const result = await this.#iterator?.next()
      if (result === undefined || result.done) return
      this.seen.push(result.value)
    }
  }
}

/** @param processes - each with a log of its own that leads to the same streams */
export async function checkProperty(
  processes: readonly Resumable[],
  numRuns: number,
): Promise<void> {
  const processOf = (number: number): Resumable => processes[number % processes.length] as Resumable
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const id = crypto.randomUUID()
      const speaker = new Speaker()
      const clients: Client[] = []
      const { ended } = await processOf(0).publish(id, speaker.stream)
      // The start, and each piece of text.
      let said = 1
      for (const each of steps) {
        const client = 'follower' in each ? clients[each.follower % clients.length] : undefined
        if (each.kind === 'say') {
          for (const size of each.pieces) {
            speaker.say(Array.from({ length: size }, () => `${said++} `))
          }
        } else if (each.kind === 'join') {
          const joined = new Client()
          clients.push(joined)
          await joined.connect(processOf(each.process), id)
        } else if (each.kind === 'pause') {
          await new Promise((resolve) => setImmediate(resolve))
        } else if (client !== undefined) {
          if (each.kind === 'read')
            await client.read(Math.min(each.count, said - client.seen.length))
          else await client.connect(processOf(each.process), id, each.forget)
        }
      }
      // Some followers wait for the end, and some start after it.
      const waiting = clients.map((client) => client.read(Infinity))
      speaker.end()
      await ended
      await Promise.all(waiting)
      const all = await readRest(processOf(1), id)
      expect(all).toHaveLength(said + 1)
      const texts = all.flatMap((event) =>
        event.type === 'content' && event.kind === 'text' ? [event.text] : [],
      )
      expect(texts).toEqual(Array.from({ length: said - 1 }, (_, at) => `${at + 1} `))
      for (const client of clients) expect(client.seen).toEqual(all)
    }),
    { numRuns },
  )
}
