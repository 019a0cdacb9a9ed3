/** What a decoder makes of events. */

import type { Completion } from '../../src/base/driver.js'
import { StreamError } from '../../src/base/errors.js'
import type { ContentEvent } from '../../src/base/events.js'
import type { WireDecoder } from '../../src/http/wire-decoder.js'

export interface Read {
  out: ContentEvent[]
  error?: StreamError
  completion?: Completion | undefined
  ended: boolean | undefined
}

/** Reads the events of one body. A string is data as it is; anything else is sent as JSON. */
export function readerOf(create: () => WireDecoder): (...events: unknown[]) => Read {
  return (...events) => {
    const decoder = create()
    const out: ContentEvent[] = []
    try {
      for (const event of events) {
        decoder.decode(typeof event === 'string' ? event : JSON.stringify(event), undefined, out)
      }
    } catch (error) {
      if (!StreamError.is(error)) throw error
      return { out, error, ended: decoder.ended }
    }
    return { out, completion: decoder.finished(), ended: decoder.ended }
  }
}

const madeUp = /^call_[a-z0-9]{6,}$/

/** Content in a form that reads well in an assertion: `0 text hello`, `1 c1 weather {"city"`. */
export function shown({ out }: Read): string[] {
  return out.map((event) => {
    const { index, kind } = event
    switch (event.kind) {
      case 'text':
      case 'reasoning':
        return `${index} ${kind} ${event.text}${event.signature ? ` (${event.signature})` : ''}`
      case 'tool-call':
        return `${index} ${event.id.replace(madeUp, 'call_*')} ${event.name} ${event.input}`
      case 'tool-result':
        return `${index} result of ${event.id} ${JSON.stringify(event.output)}`
      case 'source':
        return `${index} source ${event.url} ${event.title}`
      case 'file':
        return `${index} file ${event.mediaType} ${event.data}${event.partial ? ' (partial)' : ''}`
      case 'provider':
        return `${index} ${event.origin} ${event.name} ${JSON.stringify(event.data)}${event.partial ? ' (partial)' : ''}`
    }
  })
}

/** The arguments of each call, joined. */
export function inputsOf({ out }: Read): string[] {
  const inputs = new Map<number, string>()
  for (const event of out) {
    if (event.kind !== 'tool-call') continue
    inputs.set(event.index, (inputs.get(event.index) ?? '') + event.input)
  }
  return [...inputs.values()]
}
