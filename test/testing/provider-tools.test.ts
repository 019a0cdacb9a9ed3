/**
 * A simulated model that calls tools, on every wire.
 */

import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createStream, type Message, tool, toolResult } from '../../src/entries/index.js'
import { type SimulatedProviderOptions, simulatedProvider } from '../../src/entries/testing.js'
import { everyDriver } from '../support/every-driver.js'

const City = z.object({ city: z.string().min(6), days: z.int().min(2) })
const png = 'iVBORw0KGgo='

describe.each(everyDriver)('the simulated model of $name', (row) => {
  const start = (options: SimulatedProviderOptions = {}) => {
    const provider = simulatedProvider({ paceMs: 0, ...options })
    return { provider, driver: row.driver({ fetch: provider.fetch, model: row.model }) }
  }
  const weather = tool({ parameters: City, run: (input) => ({ sky: 'clear', ...input }) })
  const tools = {
    get_weather: weather,
    picture: tool({
      parameters: { type: 'object' },
      run: () => toolResult({ content: [{ type: 'image', mediaType: 'image/png', data: png }] }),
    }),
    broken: tool({
      parameters: { type: 'object' },
      run: () => Promise.reject(new Error('secret')),
    }),
  }

  test('calls the tool that the prompt names, and quotes its result', async () => {
    const { driver, provider } = start()
    const stream = createStream({ driver, prompt: "What's the weather like?", tools })
    const { text, steps } = await stream.final()
    expect(steps?.map(({ calls }) => calls)).toMatchObject([
      [{ name: 'get_weather', input: { city: 'text..', days: 2 } }],
      [],
    ])
    expect(text).toContain('"{"sky":"clear","city":"text..","days":2}"')
    expect(provider.requests.map(({ step }) => step)).toEqual([1, 2])
  })

  test('calls all tools that the prompt names, in one step', async () => {
    const { driver, provider } = start()
    const prompt = 'Show the weather and a picture of it; use broken, too.'
    const { text, steps } = await createStream({ driver, prompt, tools }).final()
    expect(steps?.map(({ calls }) => calls.map(({ name }) => name))).toEqual([
      ['get_weather', 'picture', 'broken'],
      [],
    ])
    expect(text).toContain('The tool failed.')
    expect(text).not.toContain('secret')
    expect(provider.requests.map(({ step }) => step)).toEqual([1, 2])
  })

  test('calls nothing that the last user message does not name', async () => {
    const { driver } = start()
    const messages: Message[] = [{ role: 'user', content: 'The weather?' }]
    messages.push((await createStream({ driver, messages, tools }).final()).message)
    messages.push({ role: 'user', content: 'Thank you. Good night!' })
    const { text, steps } = await createStream({ driver, messages, tools }).final()
    expect(steps).toHaveLength(1)
    expect(text).toContain('You asked: "Thank you. Good night!".')
    expect(text).not.toContain('clear')
    messages.push({ role: 'user', content: 'And the weather of tomorrow?' })
    const again = await createStream({ driver, messages, tools }).final()
    expect(again.steps).toHaveLength(2)
  })

  test('obeys toolChoice', async () => {
    const { driver } = start()
    const call = async (toolChoice: 'required' | 'none' | { name: string }) => {
      const { steps } = await createStream({ driver, prompt: 'Hi', tools, toolChoice }).final()
      return steps?.[0]?.calls.map(({ name }) => name)
    }
    expect(await call('required')).toEqual(['get_weather'])
    expect(await call({ name: 'picture' })).toEqual(['picture'])
    const named = createStream({ driver, prompt: 'Weather?', tools, toolChoice: 'none' })
    expect((await named.final()).steps?.[0]?.calls).toEqual([])
  })

  test('an answer for each request is a scenario of steps, failures included', async () => {
    const { driver, provider } = start({
      answer: [
        { toolCalls: [{ name: 'get_weather', input: { city: 'Tromsø', days: 3 } }] },
        {
          text: 'It is clear there.',
          fault: { kind: 'cut', afterEvents: row.eventsBeforeText + 2 },
        },
        'It is clear in Tromsø.',
      ],
    })
    const retry = { minDelayMs: 0, maxDelayMs: 0 }
    const { text, steps } = await createStream({ driver, prompt: 'Hi', tools, retry }).final()
    expect(text).toBe('It is clear in Tromsø.')
    expect(steps).toMatchObject([
      { attempts: 1, calls: [{ output: { sky: 'clear', city: 'Tromsø', days: 3 } }] },
      { attempts: 2 },
    ])
    expect(provider.requests.map(({ step }) => step)).toEqual([1, 2, 2])
  })

  test('a function can answer by the step, for any number of turns at once', async () => {
    const { driver } = start({
      answer: ({ step }) =>
        step < 3
          ? { text: `Step ${step}. `, toolCalls: [{ name: 'picture', input: {} }] }
          : 'Done.',
    })
    const read = () => createStream({ driver, prompt: 'Hi', tools }).text()
    expect(await Promise.all([read(), read()])).toEqual(
      Array.from({ length: 2 }, () => 'Step 1. Step 2. Done.'),
    )
  })

  test('JSON that fits a schema follows the calls', async () => {
    const { driver } = start()
    const output = z.object({ coat: z.boolean() })
    const stream = createStream({ driver, prompt: 'A coat for the weather?', tools, output })
    expect((await stream.final()).output).toEqual({ coat: true })
  })
})

test.each<[string, string, boolean]>([
  ['add', 'Please add 1 and 2.', true],
  ['add', 'What is the address?', false],
  ['a', 'What is the address?', false],
  ['read-file', 'Use read-file, please.', true],
  ['readFile', 'Which of the files did you read?', true],
  ['readFile', 'Which file is it?', false],
  ['get_weather', 'Get me the news.', false],
  ['search.web', 'Search for a boat.', true],
])('a tool %s with the prompt %j is called: %s', async (name, prompt, isCalled) => {
  const { fetch } = simulatedProvider({ paceMs: 0 })
  const response = await fetch('http://simulated.test/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: 'Bearer any' },
    body: JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: prompt }],
      tools: [{ type: 'function', function: { name, parameters: { type: 'object' } } }],
    }),
  })
  const { choices } = (await response.json()) as { choices: [{ finish_reason: string }] }
  expect(choices[0].finish_reason).toBe(isCalled ? 'tool_calls' : 'stop')
})
