/** Parts of the server, raw usage and safety ratings on the Gemini wire of the simulated provider. */

import { describe, expect, test } from 'vitest'
import { gemini } from '../../src/entries/gemini.js'
import { createStream } from '../../src/entries/index.js'
import { type Answer, simulatedProvider } from '../../src/entries/testing.js'
import { collect } from '../support/collect.js'

const model = 'gemini-3-pro'
const code = { executableCode: { language: 'PYTHON', code: 'print(1)' } }
const result = { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } }
const search = { toolCall: { id: 't1', toolType: 'GOOGLE_SEARCH_WEB' } }

async function answered(answer: Answer, providerOptions = {}) {
  const { fetch } = simulatedProvider({ paceMs: 0, answer })
  const driver = gemini({ model, apiKey: 'k', fetch })
  const stream = createStream({ driver, prompt: 'q', providerOptions, retry: false })
  const last = (await collect(stream)).at(-1)
  if (last?.type !== 'complete') throw new Error('The stream failed.')
  return last
}

describe('the Gemini wire of the simulated provider', () => {
  test('sends blocks in their places', async () => {
    const { message } = await answered({
      reasoning: 'Hm.',
      text: 'It is 1.',
      toolCalls: [{ id: 'c1', name: 'f', input: {} }],
      blocks: [
        { before: 'text', data: code },
        { before: 'text', data: result },
        { before: 'reasoning', data: search },
        { before: 'end', data: { somethingNew: {} } },
      ],
    })
    expect(message.content).toMatchObject([
      { type: 'provider', name: 'toolCall', origin: 'gemini/google', data: search },
      { type: 'reasoning', text: 'Hm.' },
      { type: 'provider', name: 'executableCode', data: code },
      { type: 'provider', name: 'codeExecutionResult', data: result },
      { type: 'text', text: 'It is 1.' },
      { type: 'tool-call', id: 'c1' },
      { type: 'provider', name: 'somethingNew', data: { somethingNew: {} } },
    ])
  })

  test('sends them without a stream too', async () => {
    const answer = { text: 'a', blocks: [{ before: 'text' as const, data: code }] }
    const { fetch } = simulatedProvider({ paceMs: 0, answer })
    const url = `https://generativelanguage.googleapis.com/v1beta/models/${model}:generateContent`
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'x-goog-api-key': 'k', 'content-type': 'application/json' },
      body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'q' }] }] }),
    })
    expect(await response.json()).toMatchObject({
      candidates: [{ content: { parts: [code, { text: 'a' }] } }],
    })
  })

  test('adds further fields to the usage', async () => {
    const { raw } = await answered({ text: 'a', rawUsage: { serviceTier: 'flex' } })
    expect(raw?.usage).toMatchObject({ serviceTier: 'flex', totalTokenCount: expect.any(Number) })
  })

  test('rates the answer if the request has safety settings', async () => {
    const safetySettings = ['HARM_CATEGORY_HARASSMENT', 'HARM_CATEGORY_HATE_SPEECH'].map(
      (category) => ({ category, threshold: 'BLOCK_LOW_AND_ABOVE' }),
    )
    const options = { gemini: { safetySettings } }
    expect((await answered('a')).raw?.finish).toEqual({ finishReason: 'STOP' })
    expect((await answered('a', options)).raw?.finish).toMatchObject({
      safetyRatings: [{ probability: 'NEGLIGIBLE' }, { probability: 'NEGLIGIBLE' }],
    })
    const refused = await answered({ text: 'a', finishReason: 'content_filter' }, options)
    expect(refused.raw?.finish).toEqual({
      finishReason: 'SAFETY',
      safetyRatings: [
        { category: 'HARM_CATEGORY_HARASSMENT', probability: 'HIGH', blocked: true },
        { category: 'HARM_CATEGORY_HATE_SPEECH', probability: 'NEGLIGIBLE' },
      ],
    })
  })
})
