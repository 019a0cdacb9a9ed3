/**
 * The bytes that sluice sends, by a loop that knows exactly what comes and guards against nothing.
 */

import type { WireName } from '../wires.ts'
import { find } from './floor.ts'

/** Turns what a provider sends into what its client gets, network chunk by network chunk. */
export class RelayByHand {
  readonly #wire: WireName
  readonly #decoder = new TextDecoder()
  #rest = ''
  #id = 0

  constructor(wire: WireName) {
    this.#wire = wire
  }

  /** @returns nothing, if this chunk holds no whole event with text */
  take(chunk: Uint8Array): string {
    this.#rest += this.#decoder.decode(chunk, { stream: true })
    const text = this.#rest
    let out = ''
    let start = 0
    for (;;) {
      const end = text.indexOf('\n', start)
      if (end === -1) break
      // `data: {`
      if (text.charCodeAt(start) === 100 && text.charCodeAt(start + 6) === 123) {
        const piece = find(this.#wire, text.slice(start + 6, end))
        if (piece !== '') {
          const json = `{"type":"content","index":0,"kind":"text","text":${JSON.stringify(piece)}}`
          out += `id: ${++this.#id}\nevent: content\ndata: ${json}\n\n`
        }
      }
      start = end + 1
    }
    this.#rest = start === text.length ? '' : text.slice(start)
    return out
  }
}
