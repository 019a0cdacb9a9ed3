/**
 * What a relay goes on asking of the provider when its client reads no more, and when it has gone: `node flow.ts`.
 */

import { relays } from './contestants/relays.ts'
import { makeWire } from './wires.ts'

export interface Flow {
  name: string
  /** Network chunks that were taken from the provider within half a second after the client, having read ten, paused. */
  takenWhilePaused: number
  /** From the client's leaving to the provider's body being cancelled; undefined if that did not happen within a second. */
  cancelledAfterMs: number | undefined
}

const wire = makeWire('openai', 20_000, 1)

export async function flow(): Promise<Flow[]> {
  const all: Flow[] = []
  for (const { name, relay } of relays) {
    let taken = 0
    const cancelled = Promise.withResolvers<number>()
    const fetch = (): Promise<Response> => {
      const body = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            // As from a socket, a chunk comes in a turn of its own.
            await new Promise(setImmediate)
            const chunk = wire.chunks[taken++]
            if (chunk === undefined) controller.close()
            else controller.enqueue(chunk)
          },
          cancel() {
            cancelled.resolve(performance.now())
          },
        },
        { highWaterMark: 0 },
      )
      return Promise.resolve(
        new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
      )
    }
    const reader = relay('openai', fetch).getReader()
    for (let count = 0; count < 10; count++) await reader.read()
    const before = taken
    await new Promise((resolve) => setTimeout(resolve, 500))
    const takenWhilePaused = taken - before
    const leftAt = performance.now()
    reader.cancel().catch(() => {})
    const tooLate = new Promise<undefined>((resolve) => setTimeout(resolve, 1_000))
    const cancelledAt = await Promise.race([cancelled.promise, tooLate])
    const cancelledAfterMs = cancelledAt === undefined ? undefined : cancelledAt - leftAt
    all.push({ name, takenWhilePaused, cancelledAfterMs })
  }
  return all
}

if (import.meta.main) console.table(await flow())
