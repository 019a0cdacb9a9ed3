/**
 * However a body in AWS frames is split, cut or changed, the answer is the right one, the beginning
 * of it, or none.
 */

import { array, assert, asyncProperty, integer, nat, string } from 'fast-check'
import { expect, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { createStream } from '../../src/entries/index.js'
import { eventStreamType, framesOf, join } from '../support/aws-frames.js'

/** A client whose response holds these bytes. */
function driverOf(chunks: readonly Uint8Array[]): Driver {
  const rest = [...chunks]
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = rest.shift()
      if (chunk === undefined) controller.close()
      else controller.enqueue(chunk)
    },
  })
  const response = new Response(body, { headers: { 'content-type': eventStreamType } })
  const create = () => ({ asResponse: async () => response })
  return anthropic({ model: 'm', client: { messages: { create } } })
}

/** How the answer ended, and its text so far. */
async function outcomeOf(chunks: readonly Uint8Array[]): Promise<{ end: string; text: string }> {
  let text = ''
  let end = ''
  const stream = createStream({ driver: driverOf(chunks), prompt: 'p', retry: false })
  for await (const event of stream) {
    if (event.type === 'content' && event.kind === 'text') text += event.text
    if (event.type === 'complete') end = 'complete'
    if (event.type === 'error') end = event.error.code
  }
  return { end, text }
}

function split(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

const sizes = array(integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 })
const words = array(string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 6 })

test('any split gives the same answer', async () => {
  await assert(
    asyncProperty(words, sizes, async (given, cuts) => {
      const chunks = split(join(...framesOf(given)), cuts)
      expect(await outcomeOf(chunks)).toEqual({ end: 'complete', text: given.join('') })
    }),
  )
})

const given = ['Hello ', 'Zoë ', '🌊 and ', 'the rest']
const frames = framesOf(given)
const whole = join(...frames)
/** The terminal events of the protocol are the last two. */
const decided = whole.length - (frames.at(-1) as Uint8Array).length

test('any prefix is the beginning of the answer, and interrupted until its end is there', async () => {
  for (let length = 0; length < decided; length += 1) {
    const { end, text } = await outcomeOf([whole.slice(0, length)])
    expect(end, `${length} bytes`).toBe('interrupted')
    expect(given.join('').startsWith(text), text).toBe(true)
  }
  for (const length of [decided, decided + 5, whole.length]) {
    const outcome = await outcomeOf([whole.slice(0, length)])
    expect(outcome).toEqual({ end: 'complete', text: given.join('') })
  }
})

test('any changed byte is a protocol error, after the beginning of the answer', async () => {
  for (let at = 0; at < whole.length; at++) {
    const bytes = whole.slice()
    bytes[at] = (bytes[at] as number) ^ (1 + ((at * 37) % 255))
    const { end, text } = await outcomeOf([bytes])
    expect(end, `byte ${at}`).toBe('protocol')
    expect(given.join('').startsWith(text), text).toBe(true)
  }
})

test('any changed byte in any split is never a wrong text', async () => {
  await assert(
    asyncProperty(
      nat(whole.length - 1),
      integer({ min: 1, max: 255 }),
      sizes,
      async (at, by, cuts) => {
        const bytes = whole.slice()
        bytes[at] = (bytes[at] as number) ^ by
        const { end, text } = await outcomeOf(split(bytes, cuts))
        expect(end).toBe('protocol')
        expect(given.join('').startsWith(text), text).toBe(true)
      },
    ),
  )
})
