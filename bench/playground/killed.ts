/**
 * What the reader of an answer gets when the process that produces it is killed.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { WireName } from '../../docs/site/playground/scenarios.ts'

const producer = fileURLToPath(new URL('producer.ts', import.meta.url))

/** Reads an answer, and kills its producer with SIGKILL after so many words. */
export async function readFromKilled(
  library: string,
  wire: WireName,
  url: string,
  words: number,
  onText: (text: string) => void,
): Promise<void> {
  const child = spawn(process.execPath, [producer, library, wire, url], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const [port] = await once(child.stdout, 'data')
    const { body } = await fetch(`http://127.0.0.1:${String(port).trim()}`)
    let seen = ''
    for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      onText(text)
      seen += text
      if (seen.trim().split(' ').length >= words) child.kill('SIGKILL')
    }
  } finally {
    child.kill('SIGKILL')
  }
}
