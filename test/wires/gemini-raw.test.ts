/** What Gemini says at the end in its own words. */

import { describe, expect, test } from 'vitest'
import type { RawEnd } from '../../src/base/events.js'
import { GeminiDecoder } from '../../src/wires/gemini/response.js'
import { growth } from '../support/growth.js'

function decode(...chunks: object[]): GeminiDecoder {
  const decoder = new GeminiDecoder('p')
  for (const chunk of chunks) decoder.decode(JSON.stringify(chunk), undefined, [])
  return decoder
}

const rawOf = (...chunks: object[]): RawEnd | undefined => decode(...chunks).raw()
const candidate = (more: object): object => ({ candidates: [{ index: 0, ...more }] })

describe('the raw end', () => {
  test('is undefined where nothing was said', () => {
    expect(rawOf()).toBeUndefined()
    expect(rawOf({ responseId: 'r' }, candidate({ content: { parts: [] } }))).toBeUndefined()
  })

  test('has the usage as it was sent, and the last one with counts', () => {
    const usage = {
      promptTokenCount: 5,
      totalTokenCount: 9,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 5 }],
      serviceTier: 'flex',
    }
    const traffic = { trafficType: 'ON_DEMAND' }
    const chunks = [traffic, { totalTokenCount: 1 }, usage, traffic]
    expect(rawOf(...chunks.map((usageMetadata) => ({ usageMetadata })))).toEqual({ usage })
    expect(rawOf({ usageMetadata: traffic })).toEqual({ usage: traffic })
  })

  test('has what stands beside the finish reason, also of a later version', () => {
    const safetyRatings = [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'HIGH' }]
    const finish = {
      finishReason: 'SAFETY',
      finishMessage: 'Blocked.',
      safetyRatings,
      tokenCount: 3,
      somethingNew: { a: 1 },
    }
    expect(rawOf(candidate({ safetyRatings: [] }), candidate(finish))).toEqual({ finish })
  })

  test('has notes on the answer and the response under their own names', () => {
    const notes = {
      groundingMetadata: { webSearchQueries: ['x'] },
      urlContextMetadata: { urlMetadata: [] },
      citationMetadata: { citationSources: [] },
    }
    const top = {
      promptFeedback: { blockReason: 'OTHER' },
      modelStatus: { modelStage: 'STABLE' },
      createTime: '2026-11-30T00:00:00Z',
    }
    expect(rawOf(candidate({ groundingMetadata: {} }), { ...candidate(notes), ...top })).toEqual({
      ...notes,
      ...top,
    })
  })

  test('joins the log probabilities of all chunks', () => {
    const chosen = (token: string) => ({ token, logProbability: -1 })
    const chunks = ['a', 'b', 'c'].map((token) =>
      candidate({
        avgLogprobs: -1,
        logprobsResult: {
          chosenCandidates: [chosen(token)],
          topCandidates: [{ candidates: [chosen(token), chosen('x')] }],
        },
      }),
    )
    expect(rawOf(...chunks)?.logprobs).toEqual({
      avgLogprobs: -1,
      chosenCandidates: ['a', 'b', 'c'].map(chosen),
      topCandidates: ['a', 'b', 'c'].map((token) => ({ candidates: [chosen(token), chosen('x')] })),
    })
  })

  test('is there for an answer that fails, with the id of the response', () => {
    const decoder = decode({ ...candidate({ safetyRatings: [1] }), responseId: 'r1' })
    const error = { code: 503, status: 'UNAVAILABLE', message: 'overloaded' }
    expect(() =>
      decoder.decode(
        JSON.stringify({ usageMetadata: { totalTokenCount: 1 }, candidates: [], error }),
        undefined,
        [],
      ),
    ).toThrow()
    expect(decoder.raw()).toEqual({ usage: { totalTokenCount: 1 }, finish: { safetyRatings: [1] } })
    expect(decoder.responseId).toBe('r1')
  })

  test('takes names of any kind', () => {
    const finish = JSON.parse('{"__proto__":{"a":1},"constructor":"x","hasOwnProperty":1}')
    const raw = rawOf(candidate(finish))
    expect(JSON.stringify(raw)).toBe(JSON.stringify({ finish }))
    expect(({} as { a?: unknown }).a).toBeUndefined()
    expect(rawOf({ usage: 1, finish: 2, ...candidate({ finishReason: 'STOP' }) })).toEqual({
      usage: 1,
      finish: { finishReason: 'STOP' },
    })
  })

  test('is bounded, however many names come', () => {
    const chunks = Array.from({ length: 500 }, (_, at) => ({
      [`top${at}`]: 1,
      ...candidate({ [`field${at}`]: 1 }),
    }))
    const raw = rawOf(...chunks)
    expect(Object.keys(raw ?? {}).length).toBeLessThan(70)
    expect(Object.keys(raw?.finish as object).length).toBeLessThan(70)
  })
})

const entry = { token: 'a', logProbability: -1 }

test.each<[string, number, object]>([
  ['log probabilities', 60_000, { logprobsResult: { chosenCandidates: [entry] } }],
  ['parts of the server', 60_000, { content: { parts: [{ toolCall: { id: 't' } }] } }],
  ['ratings', 60_000, { safetyRatings: [{ category: 'A', probability: 'LOW' }] }],
])('twice as many %s take at most about twice the CPU', async (_what, chunks, more) => {
  const data = JSON.stringify(candidate(more))
  const ratio = await growth(chunks, (count) => async () => {
    const decoder = new GeminiDecoder('p')
    for (let at = 0; at < count; at++) decoder.decode(data, undefined, [])
    decoder.raw()
  })
  expect(ratio).toBeLessThan(3)
})
