import { simulatedProvider } from 'sluice/testing'
import { expect, test } from 'vitest'
import { Example } from './child.ts'

test('without a key, a simulated provider answers the prompt, and the example exits by itself', async () => {
  await using example = new Example('quickstart.ts', {}, ['What', 'is a sluice?'])
  expect(await example.ended()).toBe(0)
  expect(example.errors).toBe('')
  expect(example.output).toMatch(
    /^No OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY: a simulated/,
  )
  expect(example.output).toContain('start: openai, simulated')
  expect(example.output).toContain('You asked: "What is a sluice?".')
  expect(example.output).toMatch(/complete: stop, \d+ ms\n {2}tokens: \d+ in, \d+ out\n$/)
})

test('the text is printed as it comes', async () => {
  const answer = { fault: { kind: 'stall', afterEvents: 8 } } as const
  const upstream = await simulatedProvider({ paceMs: 0, answer }).listen()
  const environment = { ANTHROPIC_API_KEY: 'any', ANTHROPIC_BASE_URL: upstream.url }
  await using example = new Example('quickstart.ts', environment)
  // The provider sends nothing more, and keeps the connection open.
  await example.prints(/This is/)
  expect(example.output).toContain('start: anthropic')
  expect(example.output).not.toContain('complete')
  await upstream.close()
})

test('with a key, the provider at the base URL answers, and retries are told', async () => {
  const answer = [{ fault: { kind: 'cut', afterEvents: 5 } } as const, 'Well again.']
  const provider = simulatedProvider({ paceMs: 0, answer })
  const upstream = await provider.listen()
  const environment = { OPENAI_API_KEY: 'key', OPENAI_BASE_URL: `${upstream.url}/v1` }
  await using example = new Example('quickstart.ts', environment, ['Hi'])
  expect(await example.ended()).toBe(0)
  expect(provider.requests[0]?.headers.authorization).toBe('Bearer key')
  expect(example.output).toMatch(/retry: attempt 2 of 3[^]*Well again\.[^]*complete: stop/)
  await upstream.close()
})

test('an error is told, and the exit code is 1', async () => {
  const answer = { fault: { kind: 'status', status: 401 } } as const
  const upstream = await simulatedProvider({ paceMs: 0, answer }).listen()
  const environment = { OPENAI_API_KEY: 'key', OPENAI_BASE_URL: `${upstream.url}/v1` }
  await using example = new Example('quickstart.ts', environment)
  expect(await example.ended()).toBe(1)
  expect(example.errors).toContain('error: auth, ')
  await upstream.close()
})
