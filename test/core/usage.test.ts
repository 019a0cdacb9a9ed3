import { expect, test } from 'vitest'
import { StreamError } from '../../src/base/errors.js'
import type { CompleteEvent, ErrorEvent } from '../../src/base/events.js'
import { createStream } from '../../src/core/create-stream.js'
import { anthropic } from '../../src/drivers/anthropic.js'
import { simulatedProvider } from '../../src/testing/providers/simulated-provider.js'
import { scripted } from '../../src/testing/scripted-driver.js'
import { collect } from '../support/collect.js'

const cut = new StreamError('interrupted', 'cut')
const retry = { maxRetries: 2, minDelayMs: 0, maxDelayMs: 0 }

test('complete.wasted is absent when the first attempt succeeds', async () => {
  const complete = await createStream({ driver: scripted(['Hi']), prompt: 'Hello' }).final()
  expect(complete).not.toHaveProperty('wasted')
})

test('the usage of failed attempts with content is estimated in complete.wasted, each by its own content', async () => {
  const driver = scripted([['12345678', cut], ['1234', cut], ['done']], {
    usage: { inputTokens: 1, outputTokens: 1 },
  })
  const complete = await createStream({ driver, prompt: 'abcd', retry }).final()
  expect(complete.usage).toEqual({ inputTokens: 1, outputTokens: 1 })
  expect(complete.wasted).toEqual({
    inputTokens: 2,
    outputTokens: 3,
    totalTokens: 5,
    estimated: true,
  })
})

test('refused attempts have no usage', async () => {
  const refused = new StreamError('rate-limit', 'later', { status: 429 })
  const driver = scripted([[refused], ['done']])
  const complete = await createStream({ driver, prompt: 'abcd', retry }).final()
  expect(complete).not.toHaveProperty('wasted')
})

test('reported usage is used, and only the rest is estimated', async () => {
  const provider = simulatedProvider({
    paceMs: 0,
    answer: [
      { text: 'one two three', usage: { inputTokens: 40 }, fault: { kind: 'cut', afterEvents: 5 } },
      'four',
    ],
  })
  const driver = anthropic({ model: 'any', apiKey: 'any', fetch: provider.fetch })
  const events = await collect(createStream({ driver, prompt: 'abcd', retry }))
  const complete = events.at(-1) as CompleteEvent
  expect(complete.type).toBe('complete')
  expect(complete.wasted).toMatchObject({ inputTokens: 40, estimated: true })
  expect(complete.wasted?.outputTokens).toBeGreaterThan(0)
})

test('an aborted stream reports its usage so far', async () => {
  const stream = createStream({ driver: scripted([['12345678', { hang: true }]]), prompt: 'abcd' })
  let last: ErrorEvent | undefined
  for await (const event of stream) {
    if (event.type === 'content') stream.cancel()
    if (event.type === 'error') last = event
  }
  expect(last?.error.code).toBe('aborted')
  expect(last?.usage).toEqual({ inputTokens: 1, outputTokens: 2, totalTokens: 3, estimated: true })
})

test('an error has the sum of the usage of all attempts', async () => {
  const driver = scripted([['12345678', cut]])
  const events = await collect(createStream({ driver, prompt: 'abcd', retry }))
  expect((events.at(-1) as ErrorEvent).usage).toEqual({
    inputTokens: 3,
    outputTokens: 6,
    totalTokens: 9,
    estimated: true,
  })
})

test('a stream that is aborted between two attempts counts the failed one once', async () => {
  const provider = simulatedProvider({
    paceMs: 0,
    answer: { text: 'one two', usage: { inputTokens: 40 }, fault: { kind: 'cut', afterEvents: 2 } },
  })
  const driver = anthropic({ model: 'any', apiKey: 'any', fetch: provider.fetch })
  const stream = createStream({
    driver,
    prompt: 'abcd',
    retry: { minDelayMs: 60_000, maxDelayMs: 60_000 },
  })
  let last: ErrorEvent | undefined
  for await (const event of stream) {
    if (event.type === 'retry') stream.cancel()
    if (event.type === 'error') last = event
  }
  expect(last?.usage?.inputTokens).toBe(40)
})
