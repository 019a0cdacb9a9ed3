/**
 * The clients: ask in groups, or all at once, and read to the end, or leave after some tokens.
 */

import { Agent, get } from 'node:http'
import { quantile } from '../measure.ts'
import type { Seen } from './wire.ts'

const [url, count, tokens, how = ''] = process.argv.slice(2) as [string, string, string, string?]
const agent = new Agent({ maxSockets: Infinity })
const leaveAfter = Number(how) || Infinity
const firstTokens: number[] = []
const latencies: number[] = []
let complete = 0

function read(): Promise<void> {
  return new Promise((resolve) => {
    const askedAt = performance.now()
    let seen = 0
    const request = get(url, { agent }, (response) => {
      response.setEncoding('latin1')
      response.on('data', (text: string) => {
        const at = performance.now()
        for (const [, sentAt] of text.matchAll(/@([\d.]+)@/g)) {
          if (seen++ === 0) firstTokens.push(at - askedAt)
          // The last event holds the whole answer again.
          if (seen <= Number(tokens)) latencies.push(performance.timeOrigin + at - Number(sentAt))
        }
        if (seen >= leaveAfter) {
          request.destroy()
          resolve()
        }
      })
      response.on('end', () => {
        if (seen >= Number(tokens)) complete++
        resolve()
      })
      response.on('error', () => resolve())
    })
    request.on('error', () => resolve())
  })
}

const reads: Promise<void>[] = []
for (let opened = 0; opened < Number(count); opened++) {
  reads.push(read())
  if (opened % 50 === 49 && how !== 'at once')
    await new Promise((resolve) => setTimeout(resolve, 10))
}
await Promise.all(reads)
const spread = (values: number[]): { p50: number; p99: number } => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
})
const seen: Seen = {
  complete,
  tokens: latencies.length,
  firstTokenMs: spread(firstTokens),
  latencyMs: spread(latencies),
}
process.send?.(seen)
process.disconnect?.()
