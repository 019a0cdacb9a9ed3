import { describe, expect, test } from 'vitest'
import { createConversation, memoryStore } from '../../src/entries/conversation.js'
import { createStream, type Message } from '../../src/entries/index.js'
import { scripted, simulatedProvider } from '../../src/entries/testing.js'
import { collect } from '../support/collect.js'
import { everyDriver } from '../support/every-driver.js'
import { growth } from '../support/growth.js'

const driver = scripted(['Hi'])

const create = (...messages: unknown[]): unknown =>
  createStream({ driver, messages: messages as Message[] })

const user = (...content: unknown[]): unknown => ({ role: 'user', content })
const assistant = (...content: unknown[]): unknown => ({ role: 'assistant', content })
const tool = (...content: unknown[]): unknown => ({ role: 'tool', content })
const call = { type: 'tool-call', id: 'a', name: 'search', input: {} }
const result = { type: 'tool-result', id: 'a', name: 'search', output: null }

describe('every message and part is accepted in its own shape', () => {
  test.each([
    [{ role: 'system', content: 'Be brief.' }],
    [{ role: 'user', content: '' }],
    [{ role: 'assistant', content: 'Hi' }],
    [{ role: 'user', content: 'Hi', id: 'm1', createdAt: 1, metadata: { a: 1 } }],
    [{ role: 'assistant', content: [], id: 'm2', status: 'partial' }],
    [user({ type: 'text', text: 'Hi' }, { type: 'text', text: 'Ho', signature: 's' })],
    [user({ type: 'image', data: 'aGk=' }, { type: 'image', data: new URL('http://a.test/b') })],
    [user({ type: 'image', data: new Uint8Array(2), mediaType: 'image/png' })],
    [user({ type: 'file', data: 'aGk=', mediaType: 'a/b', filename: undefined })],
    [assistant({ type: 'reasoning', text: '', signature: 's', redacted: true })],
    [assistant({ ...call, custom: true, error: 'Cut off.', input: undefined })],
    [assistant({ type: 'source', raw: [] }, { type: 'file', data: 'aGk=', mediaType: 'a/b' })],
    [tool({ ...result, isError: true }, { ...result, output: undefined })],
    [tool({ ...result, content: [{ type: 'image', data: 'aGk=', detail: 'low' }] })],
    [assistant({ type: 'provider', name: 'n', origin: 'o', data: [1, { 0: 2 }] })],
    [assistant({ type: 'file', data: 'aGk=', mediaType: 'a/b', partial: true })],
    [assistant({ type: 'file', data: 'aGk=', mediaType: 'a/b', signature: 's' })],
    [{ role: 'user', content: 'Hi', providerOptions: { openai: { name: 'n' } }, cache: '1h' }],
    [user({ type: 'text', text: 'Hi', providerOptions: { anthropic: {} }, cache: true })],
  ])('%j', (message) => {
    expect(() => create(message)).not.toThrow()
  })
})

const shapes = {
  text: '{ type: "text", text }',
  image: '{ type: "image", data }',
  file: '{ type: "file", data, mediaType }',
  reasoning: '{ type: "reasoning", text }',
  call: '{ type: "tool-call", id, name, input }',
  result: '{ type: "tool-result", id, name, output }',
}

describe('the shape of another library is refused at the call with the right name', () => {
  test.each([
    ['OpenAI', user({ type: 'image_url', image_url: { url: 'a' } }), `Write ${shapes.image}.`],
    ['OpenAI', user({ type: 'input_image', image_url: 'a' }), `Write ${shapes.image}.`],
    ['OpenAI', user({ type: 'input_text', text: 'a' }), `Write ${shapes.text}.`],
    ['OpenAI', user({ type: 'input_audio', input_audio: {} }), `Write ${shapes.file}.`],
    ['OpenAI', assistant({ type: 'output_text', text: 'a' }), `Write ${shapes.text}.`],
    ['OpenAI', assistant({ type: 'refusal', refusal: 'a' }), `Write ${shapes.text}.`],
    ['OpenAI', { role: 'developer', content: 'a' }, 'Did you mean "system"?'],
    ['OpenAI', { role: 'function', content: 'a' }, 'Did you mean "tool"?'],
    [
      'OpenAI',
      { role: 'assistant', content: null, tool_calls: [] },
      `Unknown option "messages[0].tool_calls". Write ${shapes.call} into "content".`,
    ],
    [
      'OpenAI',
      { role: 'tool', tool_call_id: 'a', content: 'b' },
      `Unknown option "messages[0].tool_call_id". Write ${shapes.result} into "content".`,
    ],
    ['ai', { role: 'user', id: '1', parts: [] }, 'Did you mean "content"?'],
    ['ai', user({ type: 'image', image: 'a' }), 'image". Did you mean "data"?'],
    ['ai', user({ type: 'image', data: 'a', mimeType: 'a/b' }), 'Did you mean "mediaType"?'],
    ['ai', assistant({ ...call, toolCallId: 'a' }), 'toolCallId". Did you mean "id"?'],
    ['ai', assistant({ ...call, toolName: 'a' }), 'toolName". Did you mean "name"?'],
    ['ai', assistant({ ...call, args: {} }), 'args". Did you mean "input"?'],
    ['ai', tool({ ...result, result: {} }), 'result". Did you mean "output"?'],
    ['ai', { role: 'assistant', content: '', toolInvocations: [] }, `Write ${shapes.call}`],
    ['Anthropic', user({ type: 'image', source: {} }), 'source". Did you mean "data"?'],
    ['Anthropic', user({ type: 'document', source: {} }), `Write ${shapes.file}.`],
    ['Anthropic', assistant({ type: 'tool_use', id: 'a' }), `Write ${shapes.call}.`],
    ['Anthropic', assistant({ type: 'thinking', thinking: 'a' }), `Write ${shapes.reasoning}.`],
    [
      'Anthropic',
      user({ type: 'tool_result', tool_use_id: 'a' }),
      `Write ${shapes.result} into a message with role "tool".`,
    ],
    ['Gemini', { role: 'model', parts: [] }, 'Did you mean "assistant"?'],
    ['Gemini', user({ text: 'a' }), `Write ${shapes.text}.`],
    ['Gemini', user({ inlineData: {} }), `Write ${shapes.file}.`],
    ['Gemini', assistant({ functionCall: {} }), `Write ${shapes.call}.`],
    ['Ollama', { role: 'user', content: 'a', images: [] }, `Write ${shapes.image} into "content".`],
  ])('%s: %j', (_library, message, words) => {
    expect(() => create({ role: 'user', content: 'Hi' }, message)).toThrow(TypeError)
    expect(() => create(message)).toThrow(words)
  })
})

describe('what is no message is refused with its place', () => {
  test.each([
    [undefined, 'Option "messages[0]" is undefined. Allowed: an object with role and content.'],
    ['Hi', 'Option "messages[0]" is "Hi".'],
    [{ content: 'Hi' }, 'Option "messages[0].role" is undefined.'],
    [{ role: 'user' }, 'Option "messages[0].content" is undefined. Allowed: a string or an array'],
    [{ role: 'tool', content: 'a' }, `Allowed: an array of ${shapes.result}.`],
    [{ role: 'user', content: 'a', name: 'Ada' }, 'Unknown option "messages[0].name".'],
    [{ role: 'user', content: 'a', id: 5 }, 'Option "messages[0].id" is 5. Allowed: a string.'],
    [{ role: 'user', content: 'a', status: 'done' }, 'Allowed: "partial".'],
    [user('Hi'), 'Option "messages[0].content[0]" is "Hi". Allowed: an object with a type.'],
    [user({ type: 'text' }), 'Option "messages[0].content[0].text" is undefined.'],
    [user({ type: 'text', text: 'a', cache_control: {} }), 'content[0].cache_control". Allowed:'],
    [user({ type: 'constructor' }), 'content[0].type" is "constructor". Allowed:'],
    [user({ type: 'file', data: 'a' }), 'content[0].mediaType" is undefined. Allowed: a string.'],
    [user(call), 'into a message with role "assistant". Allowed: "text", "image" or "file".'],
    [assistant({ type: 'image', data: 'a' }), 'into a message with role "user".'],
    [{ role: 'user', content: Array(2) }, 'content[0]" is undefined.'],
  ])('%j', (message, words) => {
    expect(() => create(message)).toThrow(TypeError)
    expect(() => create(message)).toThrow(words)
  })
})

describe('bytes that went through JSON are refused with the cause', () => {
  const bytes = Uint8Array.of(137, 80)

  test.each([
    ['Uint8Array', JSON.parse(JSON.stringify(bytes))],
    ['Buffer', JSON.parse(JSON.stringify(Buffer.from(bytes)))],
    ['an array of numbers', [...bytes]],
  ])('%s', (_name, data) => {
    const message = user({ type: 'image', data })
    expect(() => create(message)).toThrow(
      'Option "messages[0].content[0].data" holds bytes that went through JSON. Send base64, as connect() does.',
    )
  })

  test.each([new ArrayBuffer(2), new Blob(['a']), 5, null])('other data: %o', (data) => {
    const allowed = 'Allowed: an http(s) or data URL, base64, or a Uint8Array.'
    expect(() => create(user({ type: 'image', data }))).toThrow(allowed)
  })
})

describe('a conversation', () => {
  const conversation = createConversation({ id: 'a', store: memoryStore(), driver })

  test('refuses a wrong part at the call, and stores nothing', async () => {
    const wrong = [{ type: 'image_url', image_url: { url: 'a' } }] as unknown as Message[]
    expect(() => conversation.send(wrong)).toThrow(
      'Option "messages[0].content[0].type" is "image_url". Write { type: "image", data }.',
    )
    expect(await conversation.messages()).toEqual([])
  })

  test('keeps the fields of the application', async () => {
    const own = { id: 'm1', status: 'partial', createdAt: 1, metadata: { a: 1 } } as const
    const said = { role: 'user', content: 'Hi', ...own } as const
    await collect(conversation.send(said))
    expect((await conversation.messages())[0]).toEqual(said)
  })
})

test.each(everyDriver)('$name sends no field of the application', async ({ driver: make }) => {
  const { fetch, requests } = simulatedProvider({ paceMs: 0 })
  const messages: Message[] = [
    { role: 'user', content: 'Hi', id: 'own-id' },
    { role: 'assistant', content: 'Half', id: 'own-id', status: 'partial' },
    { role: 'user', content: 'More', id: 'own-id' },
  ]
  await createStream({ driver: make({ fetch }), messages }).final()
  expect(JSON.stringify(requests[0]?.body)).not.toMatch(/own-|"status"/)
})

test('the time to check messages grows no faster than their number', async () => {
  const ratio = await growth(20_000, (count) => {
    const messages = Array.from({ length: count }, () => user({ type: 'text', text: 'Hi' }))
    return async () => {
      for (let round = 0; round < 5; round++) create(...messages)
    }
  })
  expect(ratio).toBeLessThan(3)
}, 30_000)
