/**
 * A process ends when it is done, whatever state it has left its streams in; and it does not end while somebody waits for an event
 * that a timer brings.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FaultServer, type Play } from './server.js'
import { answerTo } from './wires.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Every timer that could hold it runs for minutes, but for the tick of a clock, which is a second. */
const promptlyMs = 5_000

interface Run {
  /** What it prints when it has left its stream. */
  left: Promise<string>
  ended: Promise<{ code: number | null; errors: string; lingeredMs: number }>
}

function run(how: string, url = ''): Run {
  const child = spawn(process.execPath, ['test/faults/abandon.ts', how, url], { cwd: root })
  const left = Promise.withResolvers<string>()
  let leftAt = 0
  let errors = ''
  child.stdout.on('data', (text: Buffer) => {
    leftAt = performance.now()
    left.resolve(text.toString())
  })
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString()
  })
  const ended = once(child, 'close').then(([code]: (number | null)[]) => {
    left.resolve('')
    return { code: code ?? null, errors, lingeredMs: performance.now() - leftAt }
  })
  return { left: left.promise, ended }
}

const promptly = { code: 0, errors: '', lingeredMs: expect.toSatisfy((ms) => ms < promptlyMs) }

describe('a process that has left a stream ends', () => {
  test.concurrent.each([
    'nothing read',
    'the start read',
    'content read',
    'content read, and held back',
    'a retry announced',
    'cancelled while it waits for content',
    'cancelled while it waits for the next attempt',
    'left by break',
    'read to its end',
    'a body read to its end',
    'a body read in part',
    'a hedge whose reader pauses',
    'a hedge that is decided',
  ])(
    'with %s',
    async (how) => {
      const { left, ended } = run(how)
      expect(await left).toMatch(/^left/)
      expect(await ended).toEqual(promptly)
    },
    60_000,
  )

  /** A whole answer, and a connection that stays open. */
  const open: Play = async (exchange) => {
    const { preamble, content, rest } = answerTo(exchange)
    await exchange.head(200)
    await exchange.chunk(preamble + content.join('') + rest)
  }
  const stall: Play = async (exchange) => {
    const { preamble, content } = answerTo(exchange)
    await exchange.head(200)
    await exchange.chunk(preamble + content.join(''))
  }

  test.concurrent.each([
    ['an answer whose connection stays open', open],
    ['a connection that was cancelled', stall],
  ])(
    'with %s',
    async (how, play) => {
      await using server = await FaultServer.listen(play)
      const { left, ended } = run(how, server.url)
      expect(await left).toMatch(/^left/)
      expect(await ended).toEqual(promptly)
    },
    60_000,
  )

  test('as soon as the provider ends it, with a connection that nobody reads, which holds it as that of any fetch', async () => {
    const server = await FaultServer.listen(stall)
    const { left, ended } = run('a connection that nobody reads', server.url)
    expect(await left).toMatch(/^left/)
    await server[Symbol.asyncDispose]()
    const closedAt = performance.now()
    expect(await ended).toMatchObject({ code: 0, errors: '' })
    expect(performance.now() - closedAt).toBeLessThan(promptlyMs)
  }, 60_000)
})

describe('a process does not end', () => {
  test.concurrent.each([
    ['waits for a clock', 'timeout'],
    ['waits for the clock of the whole stream', 'timeout'],
    ['waits for the next attempt', 'done'],
    ['waits for a hedge', 'done'],
    ['waits for what is held back', 'timeout'],
  ])(
    'while it %s',
    async (how, told) => {
      const { left, ended } = run(how)
      expect(await left).toBe(`left ${told}\n`)
      expect(await ended).toMatchObject({ code: 0, errors: '' })
    },
    60_000,
  )
})
