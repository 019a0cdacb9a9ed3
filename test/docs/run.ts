/**
 * Runs modules one after the other, as arguments name them, and prints as JSON what failed. The providers are simulated behind the
 * global `fetch`, and what has no host is asked of a server that streams.
 */

import { createStream, sse, toResponse } from 'sluice'
import { simulatedProvider } from 'sluice/testing'
import { driver, prompt } from './given.ts'

const limitMs = 20_000
const failures: Record<string, string> = {}
let running = ''

function fail(error: unknown): void {
  failures[running] ??= error instanceof Error ? (error.stack ?? error.message) : String(error)
}
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)

const provider = simulatedProvider({ paceMs: 0 })
const simulated: typeof fetch = async (input, init) => {
  if (typeof input === 'string' && input.startsWith('/')) {
    return toResponse(createStream({ driver, prompt }), sse())
  }
  const response = await provider.fetch(input, init)
  if (response.status === 404)
    fail(new Error(`Asked the provider for ${input instanceof Request ? input.url : input}.`))
  return response
}

function after(delayMs: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('It did not end.')), delayMs).unref()
  })
}

// A page has one; relative addresses are allowed where there is one.
Object.assign(globalThis, { location: new URL('http://page.test/') })
const { write } = process.stdout
process.stdout.write = () => true
process.stderr.write = () => true
for (const path of process.argv.slice(2)) {
  running = path
  globalThis.fetch = simulated
  await Promise.race([import(path), after(limitMs)]).catch(fail)
  // What it left behind without waiting fails in its name.
  await new Promise((resolve) => setTimeout(resolve, 20))
}
process.stdout.write = write
process.stdout.write(JSON.stringify(failures), () => process.exit(0))
