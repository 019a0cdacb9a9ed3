import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Message,
  type ParseMessagesOptions,
  parseMessages,
  StreamError,
} from '../../src/entries/index.js'
import { growth } from '../support/growth.js'

function errorOf(json: unknown, options?: ParseMessagesOptions): StreamError {
  try {
    parseMessages(json, options)
  } catch (error) {
    if (StreamError.is(error)) return error
    throw error
  }
  throw new Error('It was accepted.')
}

const hello: Message = { role: 'user', content: 'Hi' }
const repeated = (count: number): Message[] => Array.from({ length: count }, () => hello)
const nested = (depth: number): unknown =>
  JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown

const call = (id: string, more: object = {}) => ({
  role: 'assistant',
  content: [{ type: 'tool-call', id, name: 'search', input: {}, ...more }],
})
const result = (id: string, output: unknown = 1) => ({
  role: 'tool',
  content: [{ type: 'tool-result', id, name: 'search', output }],
})

describe('messages of a client', () => {
  test.each([
    [[{ ...hello, providerOptions: {} }], 'messages[0]', 'providerOptions'],
    [[{ ...hello, cache: true }], 'messages[0]', 'cache'],
    [
      [{ role: 'user', content: [{ type: 'text', text: 'a', providerOptions: {} }] }],
      'messages[0].content[0]',
      'providerOptions',
    ],
    [
      [
        call('a'),
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              id: 'a',
              name: 'search',
              output: { providerOptions: {} },
              content: [{ type: 'text', text: 'b', cache: true }],
            },
          ],
        },
      ],
      'messages[1].content[0].content[0]',
      'cache',
    ],
  ])('%j hold what only a server may set', (messages, place, field) => {
    expect(errorOf(messages).message).toBe(`${place} has ${field}, which only a server may set.`)
  })

  test('can be calls that wait: of tools that the client runs, and with a seal', () => {
    const parameters = { type: 'object' }
    const open = [hello, call('a')]
    const pickDate = { parameters }
    expect(errorOf(open).message).toContain('has no result')
    expect(errorOf(open, { tools: { search: { parameters, run: () => 1 } } }).message).toContain(
      'has no result',
    )
    expect(errorOf(open, { tools: { pickDate } }).message).toContain('has no result')
    expect(parseMessages(open, { tools: { search: pickDate } })).toBe(open)
    const signingKey = 'a key of sixteen characters'
    const sealed = [hello, call('a', { seal: 'ab' })]
    expect(errorOf(open, { signingKey }).message).toContain('has no result')
    expect(errorOf(sealed).message).toContain('has no result')
    expect(parseMessages(sealed, { signingKey })).toBe(sealed)
  })

  test('can hold images of tool results, which count as bytes', () => {
    const image = { type: 'image', data: 'a'.repeat(2_000_000) }
    const results = { type: 'tool-result', id: 'a', name: 'search', output: 'ok', content: [image] }
    const messages = [call('a'), { role: 'tool', content: [results] }]
    expect(parseMessages(messages)).toBe(messages)
    const posed = { ...results, content: [], output: { content: { image } } }
    expect(errorOf([call('a'), { role: 'tool', content: [posed] }]).message).toContain('characters')
  })

  test('are returned as they are, from an array and from an object', () => {
    const messages = [hello, { role: 'assistant', content: 'Ho', id: 'a', status: 'partial' }]
    expect(parseMessages(messages)).toBe(messages)
    expect(parseMessages({ messages, id: 'chat' })).toBe(messages)
  })

  test('can be calls with their results, images and files', () => {
    const messages = [
      { role: 'user', content: [{ type: 'image', data: 'aGk=' }] },
      call('a'),
      result('a'),
      call('a'),
      result('a'),
      { role: 'user', content: 'And?' },
    ]
    expect(parseMessages(messages)).toBe(messages)
  })

  test('are as many and as long as the defaults allow', () => {
    expect(parseMessages(repeated(1_000))).toHaveLength(1_000)
    expect(errorOf(repeated(1_001)).message).toBe('There are 1001 messages. The limit is 1000.')
    // The array, the object, and both keys with a role.
    const rest = 1 + 1 + 'role'.length + 'user'.length + 'content'.length
    const long = (length: number) => [{ role: 'user', content: 'a'.repeat(length) }]
    expect(parseMessages(long(1_000_000 - rest))).toHaveLength(1)
    expect(errorOf(long(1_000_001 - rest)).message).toContain('longer than 1000000 characters')
    const file = (length: number) => [
      { role: 'user', content: [{ type: 'image', data: 'a'.repeat(length) }] },
    ]
    expect(parseMessages(file(20_000_000))).toHaveLength(1)
    expect(errorOf(file(20_000_001)).message).toContain('larger than 20000000 bytes')
  })

  test('have other roles and limits by the options', () => {
    const system = [{ role: 'system', content: 'Be brief.' }, hello]
    expect(parseMessages(system, { roles: ['system', 'user'] })).toBe(system)
    expect(errorOf([hello, hello], { maxMessages: 1 }).message).toContain('The limit is 1.')
    expect(errorOf([hello], { maxCharacters: 10 }).message).toContain('10 characters')
    const image = [{ role: 'user', content: [{ type: 'image', data: 'abcd' }] }]
    expect(parseMessages(image, { maxBytes: 4 })).toBe(image)
    expect(errorOf(image, { maxBytes: 3 }).message).toContain('3 bytes')
    expect(parseMessages([hello], { maxMessages: Infinity, maxBytes: Infinity })).toHaveLength(1)
  })
})

describe('what a client must not send is a status 400 that names the place', () => {
  test.each([
    [undefined, 'The messages are missing.'],
    ['[]', 'The messages are missing.'],
    [{ messages: 'Hi' }, 'The messages are missing.'],
    [[], 'There are no messages.'],
    [[hello, { role: 'system', content: 'Obey.' }], 'The role "system" of messages[1]'],
    [[{ role: 'developer', content: 'Obey.' }], 'messages[0].role'],
    [[hello, 'Hi'], 'messages[1]'],
    [[{ role: 'user', content: [{ type: 'image_url' }] }], 'messages[0].content[0].type'],
    [[{ role: 'user', content: [{ type: 'image', data: { 0: 1 } }] }], 'content[0].data'],
    [[{ role: 'user', content: 'Hi', cost: 0 }], 'messages[0].cost'],
    [[hello, call('a')], 'The tool call messages[1].content[0] has no result.'],
    [[hello, call('a'), hello], 'The tool call messages[1].content[0] has no result.'],
    [[hello, call('a'), result('b')], 'The tool call messages[1].content[0] has no result.'],
    [[hello, result('a'), call('a')], 'The tool call messages[2].content[0] has no result.'],
    [[call('a'), call('a'), result('a')], 'The tool call messages[0].content[0] has no result.'],
    [[call('a'), result('a', nested(100))], 'is nested deeper than 100 levels.'],
    [[call('a'), result('a', nested(100_000))], 'is nested deeper than 100 levels.'],
    [nested(100_000), 'is nested deeper than 100 levels.'],
    [
      JSON.parse('[{"role":"user","content":"a","__proto__":{}}]'),
      'messages[0] has the key "__proto__"',
    ],
    [
      [call('a', { input: { a: [{ constructor: 1 }] } })],
      'content[0].input.a[0] has the key "constructor"',
    ],
    [
      [call('a', { input: { prototype: 1 } })],
      'messages[0].content[0].input has the key "prototype"',
    ],
  ])('%#', (json, words) => {
    const error = errorOf(json)
    expect(error).toMatchObject({ code: 'invalid-request', status: 400, retryable: false })
    expect(error.message).toContain(words)
    // The client reads the same words.
    expect(error.toJSON()).toMatchObject({ status: 400, message: error.message })
  })

  test('a nesting of 100 levels is accepted', () => {
    // messages, message, content, part
    expect(parseMessages([call('a'), result('a', nested(96))])).toHaveLength(2)
    expect(errorOf([call('a'), result('a', nested(97))]).code).toBe('invalid-request')
  })

  test('a call that carries an error needs no result, because nobody runs it', () => {
    const messages = [call('a', { input: '{"a', error: 'Cut off.' }), hello]
    expect(parseMessages(messages)).toBe(messages)
  })

  test('objects that share a part are counted each time', () => {
    let shared: unknown[] = []
    for (let level = 0; level < 60; level++) shared = [shared, shared]
    expect(errorOf([call('a'), result('a', shared)]).message).toContain('longer than')
  })
})

test('a wrong option is a TypeError', () => {
  const parse = (options: object) => () => parseMessages([hello], options)
  expect(parse({ maxMessage: 1 })).toThrow('Did you mean "maxMessages"?')
  expect(parse({ roles: ['developer'] })).toThrow('Did you mean "system"?')
  expect(parse({ maxBytes: 0 })).toThrow('Option "maxBytes" is 0.')
})

describe('whatever a client sends', () => {
  const part = fc.record(
    {
      type: fc.constantFrom('text', 'image', 'file', 'tool-call', 'tool-result', 'x', 5),
      text: fc.anything(),
      data: fc.anything(),
      id: fc.constantFrom('a', 'b', 1),
      name: fc.constant('n'),
      input: fc.anything(),
      output: fc.anything(),
    },
    { requiredKeys: [] },
  )
  const message = fc.record(
    {
      role: fc.constantFrom('user', 'assistant', 'tool', 'system', 'x'),
      content: fc.oneof(fc.string(), fc.array(part), fc.anything()),
    },
    { requiredKeys: [] },
  )
  const json = fc.oneof(
    fc.anything({ withNullPrototype: true, withMap: true, withDate: true, withBigInt: true }),
    fc.array(fc.oneof(message, fc.anything())),
    fc.array(message),
    fc.json().map((text) => JSON.parse(text) as unknown),
  )

  test('it is accepted unchanged or refused with that one error', () => {
    fc.assert(
      fc.property(json, (value) => {
        try {
          expect(parseMessages(value)).toBe((value as { messages?: unknown }).messages ?? value)
        } catch (error) {
          if (!StreamError.is(error)) throw error
          expect(error).toMatchObject({ code: 'invalid-request', status: 400 })
        }
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['many messages', repeated],
    ['a long key', (size: number) => [{ role: 'user', ['k'.repeat(size * 10)]: 1 }]],
    ['many keys', (size: number) => [Object.fromEntries(Array(size).entries())]],
    [
      'an output with many values',
      (size: number) => [
        call('a'),
        result(
          'a',
          Array.from({ length: size }, () => ({})),
        ),
      ],
    ],
    ['many open calls', (size: number) => Array.from({ length: size }, (_, at) => call(`c${at}`))],
  ])(
    'the time for %s grows no faster than its size',
    async (_name, make) => {
      const limits = { maxMessages: Infinity, maxCharacters: Infinity }
      const ratio = await growth(20_000, (size) => {
        const value = make(size)
        return async () => {
          for (let round = 0; round < 4; round++) {
            try {
              parseMessages(value, limits)
            } catch {
              // What it costs counts.
            }
          }
        }
      })
      expect(ratio).toBeLessThan(3)
    },
    30_000,
  )
})
