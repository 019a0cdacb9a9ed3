/**
 * What each library tells its reader when one answer does not end well.
 *
 * The provider is a simulated one on a real socket. The first request fails, a second one is answered.
 */

import { type Fault, simulatedProvider } from 'sluice/testing'
import { table } from '../table.ts'
import type { WireName } from '../wires.ts'
import { both, type Reader, readers } from './readers.ts'

const text = 'One two three four five six seven eight nine ten.'
const hangsMs = 8_000
/** Events of each wire before the first word. */
const before = { openai: 1, anthropic: 3 }

type Kind = 'cut' | 'end' | 'error' | 'stall'
const inText =
  (kind: Kind) =>
  (wire: WireName): Fault => ({ kind, afterEvents: before[wire] + 5 })

const faults: Record<string, (wire: WireName) => Fault> = {
  '503': () => ({ kind: 'status', status: 503 }),
  'connection cut': inText('cut'),
  'end without terminal event': inText('end'),
  'in-band error': inText('error'),
  stall: inText('stall'),
}

async function told(reader: Reader, wire: WireName, fault: Fault): Promise<string> {
  const provider = simulatedProvider({ paceMs: 1, answer: [{ text, fault }, { text }] })
  const server = await provider.listen()
  let seen = ''
  const onText = (now: string): void => {
    seen = now
  }
  const hangs = Symbol('hangs')
  const limit = new Promise<typeof hangs>((resolve) => {
    setTimeout(resolve, hangsMs, hangs).unref()
  })
  try {
    const reason = await Promise.race([reader.read({ wire, url: server.url, onText }), limit])
    if (reason === hangs) return '**hangs**'
    if (seen === text) return 'whole'
    if (seen.endsWith(text)) return '**doubled**'
    const isPlain = reason === 'stop' || reason === undefined || reason === null
    return isPlain ? '**half, as an end**' : `half, as \`${reason}\``
  } catch {
    return 'error'
  } finally {
    await server.close()
  }
}

/** @returns a table for each wire, as Markdown */
export async function answers(): Promise<string> {
  const tables: string[] = []
  for (const wire of both) {
    const rows: string[][] = []
    for (const reader of readers) {
      if (!reader.wires.includes(wire)) continue
      const cells: string[] = []
      for (const fault of Object.values(faults)) cells.push(await told(reader, wire, fault(wire)))
      rows.push([reader.name, ...cells])
    }
    const name = wire === 'openai' ? "OpenAI's chat wire" : "Anthropic's wire"
    tables.push(table([name, ...Object.keys(faults)], rows))
  }
  return tables.join('\n\n')
}
