/**
 * The recorded answer of each wire, through the drivers that users have, broken wherever it can break.
 */

import { readFile } from 'node:fs/promises'
import { type ContentEvent, createStream, type RetryOptions, type StreamEvent } from 'sluice'
import { type ReplayFault, replay } from 'sluice/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { bodyOf, said, wires } from '../support/cassettes.js'

const { reasoning, text, toolCalls } = said

/** What a reader has at the end: content that a restart voids does not count. */
interface Heard {
  reasoning: string
  text: string
  input: string
  last: StreamEvent | undefined
  retries: number
}

async function hear(stream: AsyncIterable<StreamEvent>): Promise<Heard> {
  const heard: Heard = { reasoning: '', text: '', input: '', last: undefined, retries: 0 }
  for await (const event of stream) {
    heard.last = event
    if (event.type === 'content') add(heard, event)
    if (event.type !== 'retry') continue
    heard.retries++
    Object.assign(heard, { reasoning: '', text: '', input: '' })
  }
  return heard
}

function add(heard: Heard, event: ContentEvent): void {
  if (event.kind === 'tool-call') heard.input += event.input
  if (event.kind === 'text' || event.kind === 'reasoning') heard[event.kind] += event.text
}

describe.each(Object.entries(wires))('%s', (_name, { file, driver }) => {
  let body: Buffer
  beforeAll(async () => {
    body = await bodyOf(file)
  })

  function play(
    faults: readonly ReplayFault[],
    retry: false | RetryOptions = false,
  ): Promise<Heard> {
    const fetch = replay(file, { faults })
    return hear(createStream({ driver: driver(fetch), prompt: 'Hello!', retry }))
  }

  function expectWhole(heard: Heard): void {
    expect(heard).toMatchObject({ reasoning, text })
    expect(JSON.parse(heard.input)).toEqual(toolCalls[0].input)
    expect(heard.last).toMatchObject({ type: 'complete', text, finishReason: 'tool-calls' })
  }

  test('holds no key', async () => {
    expect(await readFile(file, 'utf8')).not.toMatch(/sk-|bearer /i)
  })

  test('is whole, in network chunks of any size', async () => {
    expectWhole(await play([]))
    for (const chunkBytes of [1, 2, 3, 7, 100_000]) {
      expectWhole(await play([{ kind: 'split', chunkBytes }]))
    }
  })

  // After each of the first and the last bytes, and after some of those between.
  test.each(['cut', 'end'] as const)(
    'is never taken for whole before it is, wherever it breaks off (%s)',
    async (kind) => {
      let isWhole = false
      for (let afterBytes = 0; afterBytes <= body.length; afterBytes++) {
        const isBetween = afterBytes > 150 && afterBytes < body.length - 150
        if (isBetween && afterBytes % 13 !== 0) continue
        const heard = await play([{ kind, afterBytes }])
        if (heard.last?.type === 'complete') {
          isWhole = true
          expectWhole(heard)
          continue
        }
        // Once what has come says that it is whole, more of it does not take that back.
        expect(isWhole).toBe(false)
        expect(heard.last).toMatchObject({
          type: 'error',
          error: { code: expect.stringMatching(/^(interrupted|network)$/), retryable: true },
        })
        expect(reasoning.startsWith(heard.reasoning)).toBe(true)
        expect(text.startsWith(heard.text)).toBe(true)
      }
      expect(isWhole).toBe(true)
    },
    60_000,
  )

  test('is whole after an attempt that broke off inside a character', async () => {
    const afterBytes = body.indexOf('👋') + 2
    const heard = await play([{ kind: 'cut', afterBytes }], { maxRetries: 1, minDelayMs: 0 })
    expect(heard.retries).toBe(1)
    expectWhole(heard)
  })
})
