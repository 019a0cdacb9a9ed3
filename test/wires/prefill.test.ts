import { expect, test } from 'vitest'
import { createStream } from '../../src/core/create-stream.js'
import { anthropic } from '../../src/drivers/anthropic.js'
import { simulatedProvider } from '../../src/testing/providers/simulated-provider.js'
import { describeClaude } from '../../src/wires/models/claude.js'

test.for([
  'claude-3-haiku-20240307',
  'claude-3-5-sonnet-latest',
  'claude-sonnet-4-20250514',
  'claude-opus-4-1-20250805',
  'claude-sonnet-4-5',
  'claude-haiku-4-5@20251001',
  'anthropic.claude-sonnet-4-20250514-v1:0',
  'claude-sonnet-4@20250514',
])('%s writes on from a last message of the assistant', (model) => {
  expect(describeClaude(model).takesPrefill).toBe(true)
})

test.for([
  'claude-opus-4-6',
  'claude-sonnet-4-6',
  'claude-opus-4-8',
  'claude-sonnet-5-5',
  'claude-opus-4-10',
  'kimi-k2',
  'deepseek-chat',
])('%s is asked to go on', (model) => {
  expect(describeClaude(model).takesPrefill).toBe(false)
})

async function secondBody(
  model: string,
  reasoning?: { effort: 'low' },
): Promise<{ messages: { role: string }[] }> {
  const provider = simulatedProvider({
    paceMs: 0,
    answer: [{ text: 'One two three', fault: { kind: 'cut', afterEvents: 5 } }, 'four'],
  })
  const driver = anthropic({ model, apiKey: 'any', fetch: provider.fetch })
  const retry = { minDelayMs: 0, maxDelayMs: 0, afterContent: 'continue' } as const
  await createStream({
    driver,
    prompt: 'Count.',
    retry,
    ...(reasoning ? { reasoning } : {}),
  }).final()
  return provider.requests[1]?.body as { messages: { role: string }[] }
}

test('the wire ends with the partial answer for the one, without white space at its end, and with a request for the other', async () => {
  const written = await secondBody('claude-sonnet-4-5')
  expect(written.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
  expect(JSON.stringify(written.messages.at(-1))).toMatch(/"text":"One[ a-z]*[a-z]"/)
  const asked = await secondBody('claude-sonnet-5-5')
  expect(asked.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
})

test('a model that thinks is asked, because it refuses a beginning that is not its own thought', async () => {
  const thinking = await secondBody('claude-sonnet-4-5', { effort: 'low' })
  expect(thinking.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
})
