/** One event of 10 MB must not hold the event loop, whatever it is made of. */

import { expect, test } from 'vitest'
import { compatible } from '../../src/entries/compatible.js'
import { createStream } from '../../src/entries/index.js'
import { cpuOf } from '../support/growth.js'

const megabytes = 10_000_000

/** Parsing and reading these took from 350 ms to 30 s. */
test.each<[string, () => string]>([
  ['empty arrays', () => `{"choices":[${'[],'.repeat(megabytes / 3)}0]}`],
  ['levels', () => `{"choices":${'['.repeat(megabytes / 2)}${']'.repeat(megabytes / 2)}}`],
  ['keys', () => JSON.stringify({ error: keys(megabytes / 16) })],
  ['details', () => JSON.stringify({ error: { message: 'x', details: details(100_000) } })],
])('an event of %s costs less than 300 ms of CPU', async (_, event) => {
  const bytes = new TextEncoder().encode(`data: ${event()}\n\n`)
  const fetch = async (): Promise<Response> => new Response(bytes)
  const driver = compatible({ model: 'm', baseURL: 'http://127.0.0.1/v1', fetch })
  const cpuMs = await cpuOf(async () => {
    const final = createStream({ driver, prompt: 'p', retry: false }).final()
    await expect(final).rejects.toMatchObject({ code: 'protocol' })
  })
  expect(cpuMs).toBeLessThan(300)
})

function keys(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]))
}

function details(count: number): object[] {
  return Array.from({ length: count }, (_, at) => ({ reason: `${'r'.repeat(80)}${at}` }))
}
