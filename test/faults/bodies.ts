/**
 * Faults of a stream that has begun well.
 *
 * @module
 */

import type { Fault, Place } from './fault.js'
import type { Exchange } from './server.js'
import { type AnswerBytes, answerTo, type Wire } from './wires.js'

const everywhere: readonly Place[] = ['before content', 'with content', 'after content']
const apart: readonly Place[] = ['before content', 'after content']

type Break = (exchange: Exchange, bytes: AnswerBytes, content: string, wire: Wire) => void

/** A body that begins well. `content` is what the break has to send in one piece with what it does. */
function body(name: string, places: readonly Place[], broken: Break, rest: Rest): Fault {
  return {
    name,
    places,
    play: (wire, place, shown) => async (exchange) => {
      const bytes = answerTo(exchange)
      const { preamble, content } = bytes
      await exchange.head(200)
      if (preamble !== '') await exchange.chunk(preamble)
      if (place === 'after content') {
        for (const data of content) await exchange.chunk(data)
        await shown(exchange)
      }
      broken(exchange, bytes, place === 'with content' ? content.join('') : '', wire)
    },
    ...rest,
  }
}

type Rest = Pick<Fault, 'told' | 'why' | 'timeout'>

const everyMs = 20

/** Repeats until the client has left. */
function repeat(exchange: Exchange, content: string): void {
  const timer = setInterval(() => void exchange.chunk(content), everyMs)
  exchange.socket.once('close', () => clearInterval(timer))
}

const lost = 'a reset discards what the reader has not taken yet, so with it no content can arrive'
const nothing = 'nothing is sent, so nothing can be in one chunk with content'

export const bodies: readonly Fault[] = [
  body('a reset in the body', apart, (exchange) => exchange.reset(), {
    why: lost,
    told: { code: 'network', retryable: true },
  }),
  body(
    'a clean end without the marker that says the answer is whole',
    everywhere,
    (exchange, _bytes, content) => {
      if (content !== '') void exchange.chunk(content)
      exchange.end()
    },
    { told: { code: 'interrupted', retryable: true } },
  ),
  body(
    'an end inside a chunk',
    everywhere,
    (exchange, { rest }, content) => {
      const whole = content + rest
      void exchange.write(`${(whole.length + 1_000).toString(16)}\r\n${content}`)
      exchange.hangUp()
    },
    { told: { code: 'network', retryable: true } },
  ),
  body(
    'a clean end inside a line of JSON',
    everywhere,
    (exchange, { rest }, content) => {
      void exchange.chunk(content + rest.slice(0, rest.indexOf('{') + 12))
      exchange.end()
    },
    { told: { code: 'interrupted', retryable: true } },
  ),
  body(
    'an error inside the stream, which then stays open',
    everywhere,
    (exchange, { error }, content) => void exchange.chunk(content + error),
    {
      told: ({ name }) => ({
        ...inBand[name === 'anthropic' || name === 'gemini' ? name : 'openai'],
        retryable: true,
      }),
    },
  ),
  body('a stall without a byte', apart, () => {}, {
    why: nothing,
    told: { code: 'timeout', retryable: true },
    timeout: { firstChunkMs: 500, chunkMs: 500 },
  }),
  body(
    'a stall in which only pings come',
    apart,
    (exchange, _bytes, _content, { ping }) => repeat(exchange, ping),
    {
      why: nothing,
      told: { code: 'timeout', retryable: true },
      timeout: { firstChunkMs: 500, chunkMs: 500, silenceMs: 400 },
    },
  ),
  body(
    'an event that drips in and never ends',
    apart,
    (exchange) => {
      void exchange.chunk('data: {"')
      repeat(exchange, 'x')
    },
    {
      why: nothing,
      told: { code: 'timeout', retryable: true },
      timeout: { firstChunkMs: 500, chunkMs: 500, silenceMs: 400 },
    },
  ),
  body(
    'an event that is not JSON, in a stream which then stays open',
    everywhere,
    (exchange, _bytes, content) =>
      void exchange.chunk(
        Buffer.concat([
          Buffer.from(`${content}data: `),
          Buffer.from([0xff, 0x00, 0x80]),
          Buffer.from('upstream connect error\n\n'),
        ]),
      ),
    { told: { code: 'protocol', retryable: false } },
  ),
]

const inBand = {
  openai: { code: 'server' },
  anthropic: { code: 'overloaded' },
  gemini: { code: 'overloaded', status: 503 },
} as const
