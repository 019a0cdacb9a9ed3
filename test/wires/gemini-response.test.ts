import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GeminiDecoder } from '../../src/wires/gemini/response.js'
import { inputsOf, type Read, readerOf, shown } from '../support/decode.js'

const read = readerOf(() => new GeminiDecoder('p'))

/** The arguments of all calls, whole. */
const inputs = (result: Read): unknown[] => inputsOf(result).map((input) => JSON.parse(input))

const chunk = (parts: unknown, finishReason?: unknown, more: object = {}): object => ({
  candidates: [{ content: { role: 'model', parts }, finishReason, index: 0, ...more }],
})
const text = (value: string, finishReason?: unknown): object =>
  chunk([{ text: value }], finishReason)
const call = (functionCall: unknown, finishReason?: unknown): object =>
  chunk([{ functionCall }], finishReason)

describe('the end', () => {
  test('is not known before a finish reason', () => {
    for (const finish of [undefined, null, '', 7, {}]) {
      expect(read(text('a', finish)).completion).toBeUndefined()
    }
  })

  test('is known at a finish reason, but parts and counts that follow are still read', () => {
    const result = read(text('a', 'STOP'), text('b'), {
      usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 },
    })
    expect(shown(result)).toEqual(['0 text a', '0 text b'])
    expect(result.completion).toEqual({
      finishReason: 'stop',
      rawFinishReason: 'STOP',
      usage: { inputTokens: 1, totalTokens: 1 },
    })
  })

  test('has the last of several finish reasons', () => {
    const { completion } = read(text('a', 'STOP'), text('b', 'MAX_TOKENS'))
    expect([completion?.finishReason, completion?.rawFinishReason]).toEqual([
      'length',
      'MAX_TOKENS',
    ])
  })

  test('has one of our words, whatever word was sent', () => {
    for (const [raw, reason] of [
      ['STOP', 'stop'],
      ['MAX_TOKENS', 'length'],
      ['SAFETY', 'content-filter'],
      ['RECITATION', 'content-filter'],
      ['BLOCKLIST', 'content-filter'],
      ['PROHIBITED_CONTENT', 'content-filter'],
      ['SPII', 'content-filter'],
      ['IMAGE_SAFETY', 'content-filter'],
      ['MALFORMED_FUNCTION_CALL', 'other'],
      ['FINISH_REASON_UNSPECIFIED', 'other'],
      ['SOMETHING_NEW', 'other'],
      ['constructor', 'other'],
      ['__proto__', 'other'],
    ]) {
      const { completion } = read(text('a', raw))
      expect([completion?.rawFinishReason, completion?.finishReason]).toEqual([raw, reason])
    }
  })

  test('waits for tool results if calls were made, which has no word of its own', () => {
    const made = { name: 'f', args: {} }
    expect(read(call(made, 'STOP')).completion?.finishReason).toBe('tool-calls')
    expect(read(call(made), text('', 'STOP')).completion?.finishReason).toBe('tool-calls')
    expect(read(call(made, 'MAX_TOKENS')).completion?.finishReason).toBe('length')
  })

  test('does not wait for the results of calls that the server has answered itself', () => {
    const answer = { functionResponse: { name: 'f', response: {} } }
    const result = read(call({ name: 'f' }, 'STOP'), chunk([answer]), text('a', 'STOP'))
    expect(shown(result)).toEqual([
      '0 call_* f {}',
      `1 gemini functionResponse ${JSON.stringify(answer)}`,
      '2 text a',
    ])
    expect(result.completion?.finishReason).toBe('stop')
  })

  test('is a refusal if the prompt was blocked, which has no candidates', () => {
    const { completion } = read({
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 },
      modelVersion: 'gemini-x',
    })
    expect(completion).toEqual({
      finishReason: 'content-filter',
      rawFinishReason: 'PROHIBITED_CONTENT',
      usage: { inputTokens: 5, totalTokens: 5 },
      model: 'gemini-x',
    })
    expect(read({ promptFeedback: { safetyRatings: [] } }).completion).toBeUndefined()
  })

  test('says which model answered, and under which id', () => {
    const { completion } = read({
      ...text('a', 'STOP'),
      modelVersion: 'gemini-x-001',
      responseId: 'r1',
    })
    expect([completion?.model, completion?.responseId]).toEqual(['gemini-x-001', 'r1'])
    const changed = read({ responseId: 'r1' }, { ...text('', 'STOP'), responseId: 'r2' })
    expect(changed.completion?.responseId).toBe('r1')
  })
})

describe('errors', () => {
  test('throw after the content before them', () => {
    const error = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }
    const result = read({ ...text('a'), error })
    expect(shown(result)).toEqual(['0 text a'])
    expect([result.error?.code, result.error?.retryable]).toEqual(['overloaded', true])
  })

  test('are known in an array, and not seen where the field is empty', () => {
    const error = { code: 429, message: 'slow down', status: 'RESOURCE_EXHAUSTED' }
    expect(read([{ error }]).error?.code).toBe('rate-limit')
    expect(shown(read({ ...text('a'), error: null }))).toEqual(['0 text a'])
  })

  test('are known without the field, where there is no candidate', () => {
    const flat = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }
    expect(read(flat).error?.code).toBe('overloaded')
  })

  test('are `protocol` for data that is not JSON', () => {
    expect(read('{"candidates":[').error?.code).toBe('protocol')
  })
})

describe('content', () => {
  test('begins a new block when its kind changes', () => {
    const result = read(
      chunk([{ text: 'a', thought: true }]),
      chunk([{ text: 'b', thought: true }, { text: '' }, { text: 'c' }]),
      text('d'),
    )
    expect(shown(result)).toEqual(['0 reasoning a', '0 reasoning b', '1 text c', '1 text d'])
  })

  test('is candidate 0 alone, which may have no index', () => {
    const [first] = (text('a') as { candidates: object[] }).candidates
    const result = read({
      candidates: [
        { ...first, index: 1, finishReason: 'STOP' },
        { ...first, index: undefined },
      ],
    })
    expect(shown(result)).toEqual(['0 text a'])
    expect(result.completion).toBeUndefined()
  })

  test('keeps the signature that comes with an empty text', () => {
    const signed = { text: '', thoughtSignature: 's' }
    expect(shown(read(text('a'), chunk([signed])))).toEqual(['0 text a', '0 text  (gemini:s)'])
    expect(shown(read(chunk([signed])))).toEqual(['0 text  (gemini:s)'])
    expect(shown(read(chunk([{ ...signed, thought: true }])))).toEqual(['0 reasoning  (gemini:s)'])
  })

  test('gives a second signature a block of its own', () => {
    const signed = (thoughtSignature: string) => chunk([{ text: 'a', thoughtSignature }])
    expect(shown(read(signed('s'), text('b'), signed('t')))).toEqual([
      '0 text a (gemini:s)',
      '0 text b',
      '1 text a (gemini:t)',
    ])
  })

  test('has images as files with their signatures, and drafts among the thoughts as they came', () => {
    const inlineData = { mimeType: 'image/png', data: 'AAAA' }
    const draft = { inlineData, thought: true }
    const result = read(
      chunk([{ text: 'a' }, draft, { inlineData, thoughtSignature: 's' }, { text: 'b' }]),
    )
    expect(shown(result)).toEqual([
      '0 text a',
      `1 gemini inlineData ${JSON.stringify(draft)}`,
      '2 file image/png AAAA',
      '3 text b',
    ])
    expect(result.out[2]).toMatchObject({ signature: 'gemini:s' })
  })

  test('keeps text in its block when a source comes between, each source once', () => {
    const web = { uri: 'https://a.test/', title: 'A' }
    const document = { retrievedContext: { text: 't', fileSearchStore: 's' } }
    const cited = {
      groundingMetadata: { groundingChunks: [{ web }, document, { web }] },
      citationMetadata: {
        citationSources: [{ uri: 'https://a.test/' }, { uri: 'https://b.test/' }],
      },
    }
    const result = read(
      chunk([{ text: 'x' }], null, cited),
      chunk([{ text: 'y' }], 'STOP', cited),
      chunk([], 'STOP', { citationMetadata: { citations: [{ uri: 'https://c.test/' }] } }),
    )
    expect(shown(result)).toEqual([
      '0 text x',
      '1 source https://a.test/ A',
      '2 source undefined undefined',
      '3 source https://b.test/ undefined',
      '0 text y',
      '4 source https://c.test/ undefined',
    ])
    expect(result.out[1]).toMatchObject({ raw: { web } })
  })
})

describe('a call', () => {
  test('comes whole, with its id and signature', () => {
    const functionCall = { id: 'c1', name: 'f', args: { x: [1] } }
    expect(read(chunk([{ functionCall, thoughtSignature: 's' }])).out).toEqual([
      {
        type: 'content',
        index: 0,
        kind: 'tool-call',
        id: 'c1',
        name: 'f',
        input: '{"x":[1]}',
        signature: 'gemini:s',
      },
    ])
  })

  test('without an id gets one of its own, another one each time', () => {
    const part = { functionCall: { name: 'f' } }
    const { out } = read(chunk([part, part]), chunk([part]))
    const ids = out.map((event) => (event.kind === 'tool-call' ? event.id : ''))
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]{6,40}$/)
    expect(out.map(({ index }) => index)).toEqual([0, 1, 2])
  })

  test('without arguments, or with some that are no object, has none', () => {
    for (const args of [undefined, null, [], 'x', 5]) {
      expect(inputs(read(call({ name: 'f', args })))).toEqual([{}])
    }
  })
})

describe('a call in fragments', () => {
  const begin = (name = 'f') => call({ name, willContinue: true })
  const more = (...partialArgs: object[]) => call({ partialArgs, willContinue: true })
  const end = call({})
  const at = (jsonPath: string, value: object) => ({ jsonPath, ...value })
  const string = (jsonPath: string, stringValue: string) => at(jsonPath, { stringValue })

  test('grows with each of them', () => {
    const result = read(
      begin(),
      more(string('$.city', 'Zü')),
      more(string('$.city', 'rich "Nord"')),
      more(string('$.city', '')),
      more(at('$.days', { numberValue: 2 })),
      end,
    )
    expect(shown(result)).toEqual([
      '0 call_* f ',
      '0 call_* f {"city":"Zü',
      '0 call_* f rich \\"Nord\\"',
      '0 call_* f ","days":2',
      '0 call_* f }',
    ])
  })

  test('may hold objects, arrays and values of every kind', () => {
    const result = read(
      begin(),
      more(string('$.recipe.parts[0].name', 'a'), at('$.recipe.parts[0].big', { boolValue: true })),
      call({ willContinue: true }),
      more(string('$.recipe.parts[1].name', 'b')),
      more(string('$.recipe.steps[0]', 'x'), string('$.recipe.steps[2]', 'y')),
      more(
        at("$.recipe['a.b c']", { nullValue: 'NULL_VALUE' }),
        at('$["__proto__"][0][0]', { numberValue: -1.5 }),
      ),
      end,
    )
    const recipe = {
      parts: [{ name: 'a', big: true }, { name: 'b' }],
      steps: ['x', null, 'y'],
      'a.b c': null,
    }
    expect(inputs(result)).toEqual([
      JSON.parse(`{"recipe":${JSON.stringify(recipe)},"__proto__":[[-1.5]]}`),
    ])
  })

  test('is whole if it does not say that more will come', () => {
    const partialArgs = [at('$.a', { numberValue: 100 }), at('$.b', { numberValue: 2 })]
    expect(inputs(read(call({ name: 'f', partialArgs }, 'STOP')))).toEqual([{ a: 100, b: 2 }])
  })

  test('ends when another one begins, and when the model stops', () => {
    const result = read(begin('f'), more(string('$.x', 'a')), begin('g'), text('', 'STOP'))
    expect(inputs(result)).toEqual([{ x: 'a' }, {}])
    expect(result.completion?.finishReason).toBe('tool-calls')
  })

  test('stays cut off where the model was cut off', () => {
    const { out, completion } = read(begin(), more(string('$.x', 'a')), text('', 'MAX_TOKENS'))
    expect(out.map((event) => event.kind === 'tool-call' && event.input).join('')).toBe('{"x":"a')
    expect(completion?.finishReason).toBe('length')
  })

  test('may have its arguments as an object after all', () => {
    const args = { x: 1 }
    expect(inputs(read(call({ name: 'f', args, willContinue: true }), end))).toEqual([args])
    expect(inputs(read(begin(), call({ args })))).toEqual([args])
    expect(inputs(read(begin(), more(string('$.x', 'a')), call({ args })))).toEqual([{ x: 'a' }])
  })

  test('may have its signature on any of them', () => {
    const signed = { functionCall: { willContinue: true }, thoughtSignature: 's' }
    const { out } = read(begin(), chunk([signed]), end)
    expect(out.map((event) => event.kind === 'tool-call' && event.signature)).toEqual([
      undefined,
      'gemini:s',
      undefined,
    ])
  })

  test('says nothing where no call is open', () => {
    expect(read(end, more(string('$.x', 'a'))).out).toEqual([])
  })

  test('is `protocol` where it goes back to what is closed, or cannot be followed', () => {
    for (const paths of [
      ['$.a.x', '$.b', '$.a.y'],
      ['$.a[1]', '$.a[0]'],
      ['$.a.x', '$.a[0]'],
      ['$.a[0]', '$.a.x'],
      ['$.a.x', '$.a'],
      ['$.a', '$.a.x'],
      ['$.a[999999999]'],
      ['$'],
      ['$[0]'],
      ['$..a'],
      ['a'],
      ['$.a['],
    ]) {
      const result = read(begin(), ...paths.map((path) => more(string(path, 'v'))))
      expect([paths, result.error?.code]).toEqual([paths, 'protocol'])
    }
  })

  test('gives back any arguments that are written from left to right', () => {
    const key = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('a', 'b.c', "it's", '__proto__', '[0]'),
    )
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'args' },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('node'), { minLength: 1, maxLength: 3, depthIdentifier: 'args' }),
        fc.dictionary(key, tie('node'), { minKeys: 1, maxKeys: 3, depthIdentifier: 'args' }),
      ),
    })).node
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 4 }), (args) => {
        // Leaves whose path is the same as their neighbour's, which a model does not write, cannot come from an object.
        const plain = JSON.parse(JSON.stringify(args)) as object
        const leaves = [...leavesOf(plain, '$')]
        expect(inputs(read(begin(), ...leaves.map((leaf) => more(leaf)), end))).toEqual([plain])
      }),
    )
  })
})

function* leavesOf(value: unknown, jsonPath: string): Generator<object> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* leavesOf(item, `${jsonPath}[${index}]`)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const quoted = key.replace(/[\\']/g, '\\$&')
      yield* leavesOf(item, `${jsonPath}['${quoted}']`)
    }
  } else if (typeof value === 'string') {
    yield { jsonPath, stringValue: value.slice(0, 2), willContinue: true }
    yield { jsonPath, stringValue: value.slice(2) }
  } else if (typeof value === 'number') yield { jsonPath, numberValue: value }
  else if (typeof value === 'boolean') yield { jsonPath, boolValue: value }
  else yield { jsonPath, nullValue: 'NULL_VALUE' }
}

describe('usage', () => {
  const usage = (...given: unknown[]) =>
    read(...given.map((usageMetadata) => ({ usageMetadata })), text('', 'STOP')).completion?.usage

  test('counts thoughts into the output, and what tools gave into the input', () => {
    expect(
      usage({
        promptTokenCount: 21,
        toolUsePromptTokenCount: 234,
        candidatesTokenCount: 445,
        thoughtsTokenCount: 213,
        totalTokenCount: 913,
        cachedContentTokenCount: 7,
      }),
    ).toEqual({
      inputTokens: 255,
      outputTokens: 658,
      totalTokens: 913,
      reasoningTokens: 213,
      cachedInputTokens: 7,
    })
  })

  test('is the last that came, and chunks without counts say nothing', () => {
    expect(usage({ totalTokenCount: 1 }, { totalTokenCount: 2 }, null)).toEqual({ totalTokens: 2 })
    expect(usage({ totalTokenCount: 2 }, { trafficType: 'ON_DEMAND' })).toEqual({ totalTokens: 2 })
    expect(usage({ trafficType: 'ON_DEMAND' })).toEqual({})
    expect(usage({ candidatesTokenCount: 2, thoughtsTokenCount: 3 })).toEqual({
      outputTokens: 5,
      reasoningTokens: 3,
    })
    expect(usage()).toEqual({})
  })
})

test('data of any shape is read without a TypeError', () => {
  const odd = [null, 0, '', 'x', true, [], [null], {}, [{}], [[]], { index: 0 }, { uri: 1 }]
  for (const value of odd) {
    for (const name of [
      'candidates',
      'usageMetadata',
      'promptFeedback',
      'modelVersion',
      'responseId',
      'error',
    ]) {
      read({ [name]: value }, text('a'))
    }
    for (const name of ['content', 'finishReason', 'index']) {
      read(chunk([{ text: 'a' }], 'STOP', { [name]: value }))
    }
    for (const name of ['groundingMetadata', 'citationMetadata']) {
      read(chunk([], 'STOP', { [name]: value }))
      for (const list of ['groundingChunks', 'citationSources', 'citations']) {
        read(chunk([], 'STOP', { [name]: { [list]: value } }))
        read(chunk([], 'STOP', { [name]: { [list]: [{ web: value, title: value }] } }))
      }
    }
    read({ candidates: [value] }, chunk(value), chunk([value]))
    for (const name of ['text', 'thought', 'thoughtSignature', 'functionCall', 'inlineData']) {
      read(chunk([{ [name]: value }, { text: 'a', [name]: value }]))
      read(chunk([{ [name]: { mimeType: value, data: value, name: value, args: value } }]))
    }
    for (const name of ['id', 'args', 'partialArgs', 'willContinue', 'name']) {
      const part = { functionCall: { name: 'f', willContinue: true, [name]: value } }
      read(chunk([part, part, { functionCall: { [name]: value } }]))
    }
    for (const name of ['jsonPath', 'stringValue', 'numberValue', 'boolValue', 'nullValue']) {
      const partialArgs = [value, { jsonPath: '$.a', stringValue: 'x', [name]: value }]
      read(call({ name: 'f', partialArgs, willContinue: true }), call({ partialArgs }))
    }
    read({ promptFeedback: { blockReason: value } })
    read(JSON.stringify(value))
  }
})
