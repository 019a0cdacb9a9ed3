import { expect, test } from 'vitest'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { gemini } from '../../src/entries/gemini.js'
import { openai } from '../../src/entries/openai.js'

const baseURL = 'http://provider.test/v1'

const drivers: [string, (options: object) => unknown][] = [
  ['openai', (options) => openai({ model: 'm', ...options })],
  ['anthropic', (options) => anthropic({ model: 'm', ...options })],
  ['gemini', (options) => gemini({ model: 'm', ...options })],
  ['compatible', (options) => compatible({ model: 'm', baseURL, ...options })],
]

/** The message of the TypeError that a call throws. */
function refusal(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return (error as TypeError).message
  }
  return 'nothing was thrown'
}

test.each(drivers)('%s names the option, its value and what is allowed', (name, create) => {
  expect(refusal(() => create({ model: '' }))).toBe(
    `Option "${name}.model" is "". Allowed: the name of a model.`,
  )
  expect(refusal(() => create({ model: undefined }))).toContain(`"${name}.model" is undefined`)
  expect(refusal(() => create({ baseURL: 'nowhere' }))).toBe(
    `Option "${name}.baseURL" is "nowhere". Allowed: a URL that begins with http:// or https://, without a name and password.`,
  )
  expect(refusal(() => create({ baseURL: 'localhost:11434/v1' }))).toContain('begins with http://')
  expect(refusal(() => create({ fetch: 'fetch' }))).toContain(`"${name}.fetch" is "fetch"`)
  expect(refusal(() => create({ baseUrl: baseURL }))).toContain(
    `Unknown option "${name}.baseUrl". Did you mean "baseURL"?`,
  )
})

test.each(drivers)('%s never quotes a key, a header or a client', (name, create) => {
  const secret = 'sk-secret'
  const calls: object[] = [{ apiKey: { key: secret } }, { apiKey: [secret] }, { headers: secret }]
  if (name === 'openai' || name === 'anthropic') {
    calls.push({ client: { apiKey: secret } }, { client: secret })
  }
  for (const options of calls) {
    const message = refusal(() => create(options))
    expect(message).toContain(`Option "${name}.${Object.keys(options)[0]}"`)
    expect(message).not.toContain(secret)
  }
})

test('options that only one driver has are checked too', () => {
  expect(refusal(() => openai({ model: 'm', api: 'assistants' as never }))).toBe(
    'Option "openai.api" is "assistants". Allowed: "chat" or "responses".',
  )
  expect(refusal(() => openai({ model: 'm', thinkTags: 'closed' as never }))).toContain(
    '"openai.thinkTags" is "closed". Allowed: true, false or "opened".',
  )
  expect(refusal(() => compatible({ model: 'm', baseURL, name: '' }))).toContain(
    '"compatible.name" is "". Allowed: a string that is not empty.',
  )
  expect(refusal(() => compatible({ model: 'm', baseURL, outputMode: 'json' as never }))).toContain(
    'Allowed: "json-schema", "json-object" or "instructions".',
  )
  expect(refusal(() => compatible({ model: 'm' } as never))).toBe(
    'Option "compatible.baseURL" is undefined. Allowed: a URL that begins with http:// or https://, without a name and password.',
  )
  expect(refusal(() => compatible('groqq' as never, { model: 'm' }))).toContain(
    'Option "compatible.preset" is "groqq". Allowed: cerebras, ',
  )
})

test('options that are not an object are refused', () => {
  expect(refusal(() => gemini(undefined as never))).toBe(
    'Option "gemini" is undefined. Allowed: an object with at least a model.',
  )
  expect(refusal(() => openai('gpt-5.5' as never))).toContain('Option "openai" is "gpt-5.5"')
  expect(refusal(() => compatible('groq', undefined as never))).toContain(
    'Option "compatible" is undefined',
  )
})
