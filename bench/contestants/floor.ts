/**
 * The floor: what a hand-tuned loop costs that knows exactly what comes, and guards against nothing.
 */

import type { WireName } from '../wires.ts'

export function find(name: WireName, data: string): string {
  const event = JSON.parse(data)
  if (name === 'openai') return event.choices[0]?.delta.content ?? ''
  return event.type === 'content_block_delta' ? event.delta.text : ''
}

/** Calls back for each piece of text. */
export async function floor(
  name: WireName,
  fetch: typeof globalThis.fetch,
  onText: (text: string) => void,
): Promise<void> {
  const response = await fetch('http://provider/')
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    rest += decoder.decode(value, { stream: true })
    let start = 0
    for (;;) {
      const end = rest.indexOf('\n', start)
      if (end === -1) break
      // `data: {`
      if (rest.charCodeAt(start) === 100 && rest.charCodeAt(start + 6) === 123) {
        const piece = find(name, rest.slice(start + 6, end))
        if (piece !== '') onText(piece)
      }
      start = end + 1
    }
    rest = start === rest.length ? '' : rest.slice(start)
  }
}
