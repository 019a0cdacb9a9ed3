import { describe, expect, test } from 'vitest'
import { createStream, fallback, hedge, retry, timeout } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { scripted } from '../../src/entries/testing.js'

const driver = scripted(['a'])
const parameters = { type: 'object' }

describe('option names of other libraries', () => {
  const cases: [string, object, string][] = [
    ['model', { model: 'gpt-5.5' }, 'Unknown option "model". Did you mean "driver"?'],
    ['maxTokens', { maxTokens: 5 }, 'Did you mean "maxOutputTokens"?'],
    ['max_tokens', { max_tokens: 5 }, 'Did you mean "maxOutputTokens"?'],
    ['top_p', { top_p: 1 }, 'Did you mean "topP"?'],
    ['stop', { stop: ['a'] }, 'Did you mean "stopSequences"?'],
    ['instructions', { instructions: 'a' }, 'Did you mean "system"?'],
    ['input', { input: 'a' }, 'Did you mean "prompt"?'],
    ['onFinish', { onFinish() {} }, 'Did you mean "onEnd"?'],
    ['abortSignal', { abortSignal: undefined }, 'Did you mean "signal"?'],
    ['maxRetries', { maxRetries: 1 }, 'Did you mean "retry"?'],
    ['response_format', { response_format: {} }, 'Did you mean "output"?'],
    ['reasoning_effort', { reasoning_effort: 'low' }, 'Did you mean "reasoning"?'],
    ['tool_choice', { tool_choice: 'auto' }, 'Did you mean "toolChoice"?'],
    [
      'inputSchema of a tool',
      { tools: { weather: { inputSchema: parameters } } },
      'Unknown option "tools.weather.inputSchema". Did you mean "parameters"?',
    ],
    [
      'a misspelt word of a tool',
      { tools: { weather: { parameters, descripton: 'a' } } },
      'Unknown option "tools.weather.descripton". Did you mean "description"?',
    ],
    [
      'toolName of a choice',
      { toolChoice: { toolName: 'a' } },
      'Unknown option "toolChoice.toolName". Did you mean "name"?',
    ],
    [
      'maxAttempts of a retry',
      { retry: { maxAttempts: 1 } },
      'Unknown option "retry.maxAttempts". Did you mean "maxRetries"?',
    ],
    ['a misspelt limit', { timeout: { chunckMs: 1 } }, 'Did you mean "chunkMs"?'],
    ['a limit without its unit', { timeout: { total: 1 } }, 'Did you mean "totalMs"?'],
    ['a misspelt reasoning', { reasoning: { budget_tokens: 1 } }, 'Did you mean "budgetTokens"?'],
  ]
  test.each(cases)('createStream() suggests its own name for %s', (_name, options, message) => {
    const create = () => createStream({ driver, prompt: 'p', ...options })
    expect(create).toThrow(TypeError)
    expect(create).toThrow(message)
  })
})

describe('invalid option values', () => {
  const cases: [string, object, string][] = [
    [
      'the tool choice of OpenAI',
      { toolChoice: { type: 'function', function: { name: 'a' } } },
      'Option "toolChoice" is {"type":"function","function":{"name":"a"}}. Allowed: "auto", "required", "none" or { name: ',
    ],
    [
      'the tool choice "any"',
      { toolChoice: 'any' },
      'Option "toolChoice" is "any". Allowed: "auto"',
    ],
    ['a tool choice without a name', { toolChoice: {} }, 'Option "toolChoice.name" is undefined'],
    [
      'a list of tools',
      { tools: [] },
      'Option "tools" is []. Allowed: an object with a tool for each',
    ],
    [
      'a tool that is a function',
      { tools: { a: () => 1 } },
      'Option "tools.a" is the function a()',
    ],
    [
      'an effort that does not exist',
      { reasoning: { effort: 'hard' } },
      'Option "reasoning.effort"',
    ],
    [
      'a controller',
      { signal: new AbortController() },
      'is an instance of AbortController. Allowed',
    ],
    ['a driver that is not called', { driver: openai }, 'Option "driver" is the function openai()'],
    [
      'the name of a model as driver',
      { driver: 'gpt-5.5' },
      'Option "driver" is "gpt-5.5". Allowed',
    ],
    ['a string as messages', { prompt: undefined, messages: 'Hi' }, 'a string goes into "prompt"'],
    ['retry: true', { retry: true }, 'Option "retry" is true. Allowed: an integer from 0'],
  ]
  test.each(cases)('createStream() lists the allowed values for %s', (_name, options, message) => {
    const create = () => createStream({ driver, prompt: 'p', ...options })
    expect(create).toThrow(TypeError)
    expect(create).toThrow(message)
  })

  test.each([undefined, null, 'Hi', 5, [driver]])('createStream(%o) throws', (options) => {
    const create = () => createStream(options as never)
    expect(create).toThrow(TypeError)
    expect(create).toThrow('Allowed: an object with a driver and a prompt or messages.')
  })

  test('the error for a string in place of a driver does not quote it', () => {
    const notDriver = { provider: 'openai', apiKey: 'hidden', headers: { 'x-key': 'hidden' } }
    const create = () => createStream({ driver: notDriver as never, prompt: 'p' })
    expect(create).toThrow('Option "driver" is {"provider":"openai","apiKey":"…","headers":"…"}')
    expect(create).not.toThrow('hidden')
  })
})

test.each([
  ['retry', () => retry(openai as never)],
  ['timeout', () => timeout(openai as never, 5)],
  ['hedge', () => hedge(driver, openai as never, { afterMs: 5 })],
  ['fallback', () => fallback(driver, openai as never)],
])('%s() rejects a driver factory that was not called', (_name, call) => {
  expect(call).toThrow(TypeError)
  expect(call).toThrow('is the function openai(). Allowed: a driver, such as openai({ model })')
})

test.each([
  [{}, 'Option "hedge.afterMs" is undefined'],
  [{ aftrMs: 5 }, 'Unknown option "hedge.aftrMs". Did you mean "afterMs"?'],
  [undefined, 'Option "hedge" is undefined. Allowed: an object with afterMs.'],
])('hedge() rejects the options %o', (options, message) => {
  expect(() => hedge(driver, driver, options as never)).toThrow(message)
})
