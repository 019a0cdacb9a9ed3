/**
 * One answer with reasoning, text and a tool call, as each wire brings it: recorded once from the simulated provider, over a real socket.
 * `npm exec -- node test/cassettes/record.ts` records them anew.
 */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Driver } from 'sluice/driver'
import type { Cassette } from 'sluice/testing'
import { everyWire } from './every-driver.ts'

export interface RecordedWire {
  /** The cassette. */
  file: string
  driver(fetch: typeof globalThis.fetch): Driver
}

/** What the model said. */
export const said = {
  reasoning: 'They greet me – so do I.',
  text: 'Olá! 👋 All of this was said once, and is heard again. 🌊',
  toolCalls: [{ name: 'weather', input: { city: 'Šibenik', days: [1, 2] } }],
  usage: { inputTokens: 12, outputTokens: 34 },
} as const

/** Where the drivers believe the provider to be. */
export const origin = 'http://provider.test'

const apiKey = 'sk-not-a-secret'
const fileOf = (wire: string): string =>
  fileURLToPath(new URL(`../cassettes/${wire}.json`, import.meta.url))

export const wires: Record<string, RecordedWire> = Object.fromEntries(
  [...everyWire].map(([wire, { driver, model }]) => [
    wire,
    { file: fileOf(wire), driver: (fetch) => driver({ url: origin, fetch, model, apiKey }) },
  ]),
)

/** The body of the answer, as it came. */
export async function bodyOf(file: string): Promise<Buffer> {
  const { interactions } = JSON.parse(await readFile(file, 'utf8')) as Cassette
  const chunks = interactions[0]?.response?.chunks ?? []
  return Buffer.concat(
    chunks.map((chunk) =>
      'text' in chunk ? Buffer.from(chunk.text) : Buffer.from(chunk.base64, 'base64'),
    ),
  )
}
