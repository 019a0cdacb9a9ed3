/** A page that sends requests, for a test in a browser. */

import { type ConnectOptions, connect } from 'sluice/client'

/** Returns the types of the events, with the code of an error. */
async function connectTo(url: string, options: ConnectOptions): Promise<string[]> {
  const seen: string[] = []
  for await (const event of connect(url, options)) {
    seen.push(event.type === 'error' ? `error ${event.error.code}` : event.type)
  }
  return seen
}

Object.assign(globalThis, { connectTo })
