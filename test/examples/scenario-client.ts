/**
 * A client that exists already: it reads a line at a time, parses whatever follows `data: `, and
 * appends `content` where it is there.
 */

import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'

export interface Received {
  /** What the client shows. */
  text: string
  /** The data lines, each after the last `event:` line before it. */
  events: readonly { name: string; data: Record<string, unknown> }[]
  /** The numbers of the `id:` lines. */
  ids: readonly number[]
}

export async function receive(response: Response): Promise<Received> {
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
  const events: Received['events'][number][] = []
  const ids: number[] = []
  let [text, name] = ['', '']
  for await (const line of createInterface({ input: body })) {
    if (line.startsWith('id: ')) ids.push(Number(line.slice(4)))
    if (line.startsWith('event: ')) name = line.slice(7)
    if (!line.startsWith('data: ')) continue
    const data = JSON.parse(line.slice(6)) as Record<string, unknown>
    events.push({ name, data })
    if (typeof data.content === 'string') text += data.content
  }
  return { text, events, ids }
}

/** The events without content. */
export function milestones({ events }: Received): [name: string, data: object][] {
  return events.filter(({ name }) => name !== 'content').map(({ name, data }) => [name, data])
}
