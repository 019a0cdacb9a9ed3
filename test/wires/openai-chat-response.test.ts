import { describe, expect, test } from 'vitest'
import { ChatDecoder } from '../../src/wires/openai-chat/response.js'
import { inputsOf, readerOf, shown } from '../support/decode.js'

const read = readerOf(() => new ChatDecoder('p'))

const delta = (fields: object, finish: unknown = null): unknown => ({
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
})

describe('the end', () => {
  test('is not known before a finish reason or [DONE]', () => {
    for (const finish of [null, '', undefined, 7]) {
      expect(read(delta({ content: 'a' }, finish)).completion).toBeUndefined()
    }
  })

  test('is not known at a finish reason that says it is none', () => {
    expect(read(delta({ content: 'a' }, 'null')).completion).toBeUndefined()
  })

  test('comes with [DONE] in any dress', () => {
    for (const done of [' [DONE]', '[DONE] ', '"[DONE]"']) expect(read(done).ended).toBe(true)
  })

  test('is known at a finish reason, but reading goes on for the usage', () => {
    const result = read(delta({ content: 'a' }, 'stop'), {
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 4 },
    })
    expect(result.ended).toBe(false)
    expect(result.completion).toEqual({
      finishReason: 'stop',
      rawFinishReason: 'stop',
      usage: { inputTokens: 3, outputTokens: 4 },
    })
  })

  test('comes with [DONE] alone too', () => {
    const result = read(delta({ content: 'a' }), '[DONE]')
    expect([result.ended, result.completion?.finishReason]).toEqual([true, 'stop'])
    expect(result.completion).not.toHaveProperty('rawFinishReason')
  })

  test('waits for tool results if calls were made, whatever word was sent', () => {
    const call = { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }] }
    expect(read(delta(call), '[DONE]').completion?.finishReason).toBe('tool-calls')
    const stopped = read(delta(call, 'stop')).completion
    expect([stopped?.finishReason, stopped?.rawFinishReason]).toEqual(['tool-calls', 'stop'])
    expect(read(delta(call, 'length')).completion?.finishReason).toBe('length')
  })

  test('has one of our words, whatever word was sent', () => {
    for (const [raw, reason] of [
      ['eos_token', 'stop'],
      ['max_tokens', 'length'],
      ['function_call', 'tool-calls'],
      ['content_filter', 'content-filter'],
      ['sensitive', 'content-filter'],
      ['model_length', 'length'],
      ['STOP', 'stop'],
      ['something_new', 'other'],
      ['constructor', 'other'],
      ['__proto__', 'other'],
    ]) {
      const { completion } = read(delta({}, raw))
      expect([completion?.rawFinishReason, completion?.finishReason]).toEqual([raw, reason])
    }
  })

  test('is a failure if the word says that the server gave up', () => {
    for (const word of ['error', 'insufficient_system_resource', 'network_error']) {
      const result = read(delta({ content: 'a' }), delta({ content: 'b' }, word))
      expect(shown(result)).toEqual(['0 text a', '0 text b'])
      expect(result.error?.retryable).toBe(true)
      expect(result.error?.message).toContain(word)
    }
  })
})

describe('errors', () => {
  test('throw after the content before them', () => {
    const result = read({
      choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop' }],
      error: { message: 'boom', code: 503 },
    })
    expect(shown(result)).toEqual(['0 text a'])
    expect([result.error?.code, result.error?.message]).toEqual(['overloaded', 'p: 503 boom'])
  })

  test('are known in a choice, in an array, and without a field of that name', () => {
    expect(read({ choices: [{ error: { message: 'a' } }] }).error?.code).toBe('server')
    expect(read([{ error: { code: 429, message: 'a' } }]).error?.code).toBe('rate-limit')
    const flat = { object: 'error', message: 'a', type: 'BadRequestError', code: 400 }
    expect(read(flat).error?.code).toBe('invalid-request')
  })

  test('are known in the shape that a server gives its HTTP errors', () => {
    for (const [body, code] of [
      [{ code: 'Throttling.RateQuota', message: 'a', request_id: 'r' }, 'rate-limit'],
      [{ base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }, 'quota'],
      [{ error: 'model overloaded', error_type: 'overloaded' }, 'overloaded'],
      [{ error_code: 336_003, error_msg: 'the max input characters is exceeded' }, 'server'],
      [{ detail: 'Invalid API key' }, 'auth'],
      [{ error: true, message: 'Invalid API key' }, 'auth'],
      [{ success: false, errors: [{ code: 7003, message: 'no such model' }] }, 'not-found'],
      [{ x_groq: { error: 'over capacity' } }, 'overloaded'],
    ] as const) {
      expect([read(body, '[DONE]').error?.code, body]).toEqual([code, body])
    }
  })

  test('are not seen where the field is there but empty', () => {
    for (const error of [null, '', false, {}, []]) {
      expect(shown(read({ ...(delta({ content: 'a' }) as object), error }))).toEqual(['0 text a'])
    }
  })

  test('may be text behind the event name "error"', () => {
    const decode = () => new ChatDecoder('p').decode('model crashed', 'error', [])
    expect(decode).toThrow(expect.objectContaining({ code: 'server', message: 'p: model crashed' }))
  })

  test('are `protocol` for data that is not JSON', () => {
    expect(read('{"choices":[').error?.code).toBe('protocol')
  })
})

describe('content', () => {
  test('begins a new block when its kind changes', () => {
    const result = read(
      delta({ reasoning_content: 'a' }),
      delta({ reasoning_content: 'b', content: '' }),
      delta({ content: 'c' }),
      delta({ reasoning: 'd', content: null }),
      delta({ content: 'e' }),
    )
    expect(shown(result)).toEqual([
      '0 reasoning a',
      '0 reasoning b',
      '1 text c',
      '2 reasoning d',
      '3 text e',
    ])
  })

  test('is choice 0 alone, and not the `message` beside the `delta`', () => {
    const result = read({
      choices: [
        { index: 1, delta: { content: 'x' }, finish_reason: 'stop' },
        { index: 0, delta: { content: 'a' }, message: { content: 'all' } },
      ],
    })
    expect(shown(result)).toEqual(['0 text a'])
    expect(result.completion).toBeUndefined()
  })

  test('may be parts, thinking among them', () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'a' }] }
    const parts = [thinking, { type: 'text', text: 'b' }, { type: 'reference', reference_ids: [1] }]
    expect(shown(read(delta({ content: parts })))).toEqual([
      '0 reasoning a',
      '1 text b',
      '2 openai-chat/p reference {"type":"reference","reference_ids":[1]}',
    ])
  })

  test('is a refusal as text, and the finish reason says so', () => {
    const result = read(delta({ refusal: 'No.', content: null }), delta({}, 'stop'))
    expect(shown(result)).toEqual(['0 text No.'])
    expect(result.completion?.finishReason).toBe('content-filter')
  })

  test('keeps text in its block when a source comes between, each url once', () => {
    const citations = ['https://a.test/', 'https://b.test/']
    const search_results = [{ url: 'https://a.test/', title: 'A' }]
    const result = read(
      { ...(delta({ content: 'x' }) as object), citations, search_results },
      { ...(delta({ content: 'y' }, 'stop') as object), citations, search_results },
    )
    expect(shown(result)).toEqual([
      '0 text x',
      '1 source https://a.test/ A',
      '2 source https://b.test/ undefined',
      '0 text y',
    ])
  })

  test('has sources from search results alone, and from annotations', () => {
    const search_results = [{ url: 'https://a.test/', title: 'A' }]
    expect(shown(read({ choices: [], search_results }))).toEqual(['0 source https://a.test/ A'])
    const url_citation = { url: 'https://b.test/', title: 'B' }
    const annotations = [{ type: 'url_citation', url_citation }]
    expect(shown(read(delta({ annotations })))).toEqual(['0 source https://b.test/ B'])
  })

  test('has images as files', () => {
    const images = [{ image_url: { url: 'data:image/webp;base64,AAAA' } }]
    expect(shown(read(delta({ content: 'a', images }), delta({ content: 'b' })))).toEqual([
      '0 text a',
      '1 file image/webp AAAA',
      '2 text b',
    ])
  })

  test('keeps what only the provider can read, under the name of who takes it back', () => {
    const details = (detail: object, model?: string) =>
      read({ ...(delta({ reasoning_details: [detail] }) as object), model }).out
    const encrypted = { type: 'reasoning.encrypted', data: 'xyz', format: 'openai-responses-v1' }
    expect(details(encrypted, 'openai/gpt-5.2')).toMatchObject([
      { text: '', redacted: true, signature: `openai-chat/openai:${JSON.stringify(encrypted)}` },
    ])
    expect(details({ ...encrypted, format: 'anthropic-claude-v1' })).toMatchObject([
      { text: '', redacted: true, signature: 'anthropic-messages/anthropic:xyz' },
    ])
    const signed = { type: 'reasoning.text', text: 'a', signature: 's' }
    expect(details({ ...signed, format: 'anthropic-claude-v1' })).toMatchObject([
      { text: 'a', signature: 'anthropic-messages/anthropic:s' },
    ])
  })

  test('has the text of reasoning once, and the signature of the blocks beside it', () => {
    const thinking_blocks = [{ type: 'thinking', thinking: 'a', signature: 's' }]
    const result = read(
      delta({ reasoning_content: 'a', thinking_blocks: [{ type: 'thinking', thinking: 'a' }] }),
      delta({ reasoning_content: '', thinking_blocks: [{ ...thinking_blocks[0], thinking: '' }] }),
    )
    expect(shown(result)).toEqual([
      '0 reasoning a',
      '0 reasoning  (anthropic-messages/anthropic:s)',
    ])
  })

  test('is that of choice 0 however its number is written', () => {
    expect(shown(read({ choices: [{ index: '0', delta: { content: 'a' } }] }))).toEqual([
      '0 text a',
    ])
  })
})

describe('a tool call', () => {
  const call = (fields: object): unknown => delta({ tool_calls: [fields] })
  const piece = (index: unknown, id: unknown, name: unknown, args: unknown): unknown =>
    call({ index, id, function: { name, arguments: args } })

  test('is known by its index, which may begin at 1', () => {
    const result = read(
      piece(1, 'a', 'f', ''),
      piece(2, 'b', 'g', ''),
      piece(1, undefined, undefined, '{"x"'),
      piece(2, '', null, '{}'),
      piece(1, 'a', 'f', ':1}'),
    )
    expect(shown(result)).toEqual(['0 a f ', '1 b g ', '0 a f {"x"', '1 b g {}', '0 a f :1}'])
  })

  test('without an index is known by its id, else it is the last one', () => {
    const result = read(
      piece(undefined, 'a', 'f', '{'),
      piece(undefined, 'b', 'g', '{'),
      piece(undefined, 'a', undefined, '}'),
      piece(undefined, undefined, undefined, ' '),
    )
    expect(shown(result)).toEqual(['0 a f {', '1 b g {', '0 a f }', '0 a f  '])
  })

  test('is another one if a whole call of the same index came before (all are numbered 0)', () => {
    const result = read(piece(0, 'a', 'f', '{"x":1}'), piece(0, 'b', 'f', '{"x":2}'))
    expect(shown(result)).toEqual(['0 a f {"x":1}', '1 b f {"x":2}'])
  })

  test('is another one of the same index without ids too, if whole arguments came before', () => {
    const pieces = [
      piece(0, '', 'f', '{"x":1}'),
      piece(0, '', 'f', '{"x":2}'),
      piece(0, undefined, 'f', '{"x":2}'),
      piece(0, undefined, 'g', '{}'),
    ]
    const calls = ['0 call_* f {"x":1}', '1 call_* f {"x":2}', '2 call_* f {"x":2}']
    expect(shown(read(...pieces))).toEqual([...calls, '3 call_* g {}'])
    const ids = read(...pieces).out.map((event) => event.kind === 'tool-call' && event.id)
    expect(new Set(ids).size).toBe(4)
  })

  test('is another one of the same index without ids in fragments, with or without its name', () => {
    const first = [piece(0, '', 'f', ''), piece(0, '', '', '{"x"'), piece(0, '', '', ':1}')]
    const second = [piece(0, '', 'f', ''), piece(0, '', '', '{"x":'), piece(0, '', '', '{}}')]
    expect(inputsOf(read(...first, ...second))).toEqual(['{"x":1}', '{"x":{}}'])
    expect(inputsOf(read(...first, ...second.slice(1)))).toEqual(['{"x":1}', '{"x":{}}'])
  })

  test('is another one of the same index without ids and arguments, if it has another name', () => {
    const result = read(piece(0, '', 'f', ''), piece(0, '', 'g', ''), '[DONE]')
    expect(shown(result)).toEqual(['0 call_* f ', '1 call_* g '])
    expect(shown(read(piece(0, '', 'get_', ''), piece(0, '', 'get_f', '{}')))).toEqual([
      '0 call_* get_f {}',
    ])
  })

  test('is another one if calls have an index and an id in common, and gets an id of its own', () => {
    const result = read(piece(0, 'a', 'f', '{}'), piece(0, 'a', 'g', '{"x":1}'))
    expect(shown(result)).toEqual(['0 a f {}', '1 call_* g {"x":1}'])
  })

  test('stays one if its name is repeated with every fragment', () => {
    for (const index of [0, undefined]) {
      const pieces = ['{"x"', ':{"y":', '1}}', ' ', ''].map((part) => piece(index, '', 'f', part))
      expect(inputsOf(read(...pieces, '[DONE]'))).toEqual(['{"x":{"y":1}} '])
    }
  })

  test('stays one if its fragments are objects, each of them read once', () => {
    const count = 50_000
    const pieces = Array.from({ length: count }, () => piece(0, '', 'f', '{"x":"}{"},'))
    const [input] = inputsOf(read(piece(0, '', 'f', '{"a":['), ...pieces, piece(0, '', '', '0]}')))
    expect(JSON.parse(input as string).a).toHaveLength(count + 1)
  })

  test('stays one if all of it comes once more at its end', () => {
    const pieces = [piece(0, 'a', 'f', '{"x"'), piece(0, undefined, undefined, ':1}')]
    for (const again of [piece(0, 'a', 'f', '{"x":1}'), piece(0, '', '', '{"x":1}')]) {
      expect(inputsOf(read(...pieces, again, '[DONE]'))).toEqual(['{"x":1}'])
    }
  })

  test('is shown at the end although others without index and id came after it', () => {
    const result = read(
      piece(undefined, '', 'f', ''),
      piece(undefined, '', 'g', ''),
      piece(undefined, '', 'h', '{}'),
      '[DONE]',
    )
    expect(shown(result).toSorted()).toEqual(['0 call_* h {}', '1 call_* f ', '2 call_* g '])
  })

  test('stays one if its id changes with every fragment', () => {
    const result = read(piece(0, 'a', 'f', '{"x"'), piece(0, 'b', 'f', ':1}'))
    expect(shown(result)).toEqual(['0 a f {"x"', '0 a f :1}'])
  })

  test('is another one of the same index in fragments too, unless only its beginning is repeated', () => {
    const first = [piece(0, 'a', 'f', ''), piece(0, undefined, undefined, '{"x":1}')]
    const second = [piece(0, 'b', 'f', ''), piece(0, undefined, undefined, '{"x":2}')]
    expect(shown(read(...first, ...second))).toEqual(['0 a f ', '0 a f {"x":1}', '1 b f {"x":2}'])
    expect(shown(read(...first, piece(0, 'b', 'f', ''), delta({}, 'stop')))).toHaveLength(2)
    expect(shown(read(piece(0, 'a', 'f', ''), piece(0, 'b', 'g', '')))).toEqual([
      '0 a f ',
      '1 b g ',
    ])
  })

  test('is known by an index that is text, and by its id where a fragment has no index', () => {
    const result = read(
      piece('0', 'a', 'f', ''),
      piece('1', 'b', 'g', ''),
      piece('0', undefined, undefined, '{'),
      piece(null, 'b', undefined, '['),
      piece('0', undefined, undefined, '}'),
    )
    expect(inputsOf(result)).toEqual(['{}', '['])
  })

  test('goes on although only its first fragment had no index', () => {
    const result = read(piece(undefined, 'a', 'f', '{'), piece(0, undefined, undefined, '}'))
    expect(shown(result)).toEqual(['0 a f {', '0 a f }'])
  })

  test('waits for its id and its name', () => {
    const id = [piece(0, undefined, 'f', ''), piece(0, 'a', undefined, '{')]
    expect(shown(read(...id))).toEqual(['0 a f {'])
    const name = [piece(0, 'a', undefined, '{'), piece(0, undefined, 'f', '}')]
    expect(shown(read(...name))).toEqual(['0 a f {}'])
  })

  test('is shown at the end although what it waited for never came', () => {
    for (const end of [delta({}, 'tool_calls'), '[DONE]']) {
      const result = read(piece(0, undefined, 'f', ''), end)
      expect(shown(result)).toEqual(['0 call_* f '])
      expect(result.completion?.finishReason).toBe('tool-calls')
      expect(shown(read(piece(0, 'a', undefined, ''), end))).toEqual([])
      expect(shown(read(piece(0, 'a', undefined, '{}'), end))).toEqual(['0 a  {}'])
    }
  })

  test('has a name that may come in pieces, or all of it again', () => {
    const pieces = (...names: string[]) => {
      const beginning = names.map((name) => piece(0, 'a', name, ''))
      return shown(read(...beginning, piece(0, 'a', undefined, '{}')))
    }
    expect(pieces('get_', 'weather')).toEqual([
      '0 a get_ ',
      '0 a get_weather ',
      '0 a get_weather {}',
    ])
    expect(pieces('get_', 'get_weather')).toEqual([
      '0 a get_ ',
      '0 a get_weather ',
      '0 a get_weather {}',
    ])
    expect(pieces('f', 'f')).toEqual(['0 a f ', '0 a f {}'])
  })

  test('takes any value for its arguments', () => {
    expect(shown(read(piece(0, 'a', 'f', null)))).toEqual(['0 a f '])
    expect(shown(read(piece(0, 'a', 'f', { x: 1 })))).toEqual(['0 a f {"x":1}'])
    expect(shown(read(piece(0, 'a', 'f', [1])))).toEqual(['0 a f [1]'])
  })

  test('may come alone instead of in a list', () => {
    const tool_calls = { index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }
    expect(shown(read(delta({ tool_calls })))).toEqual(['0 a f {}'])
  })

  test('may be one of a custom tool', () => {
    const custom = call({ index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: 'SEL' } })
    expect(read(custom, call({ index: 0, custom: { input: 'ECT' } })).out).toMatchObject([
      { id: 'a', name: 'f', input: 'SEL', custom: true },
      { id: 'a', name: 'f', input: 'ECT', custom: true },
    ])
  })

  test('carries the signature of a Gemini model', () => {
    for (const maker of ['google', 'vertex']) {
      const extra_content = { [maker]: { thought_signature: 's' } }
      const signed = call({ id: 'a', function: { name: 'f', arguments: '{}' }, extra_content })
      expect(read(signed).out).toMatchObject([{ signature: 'gemini/google:s' }])
    }
  })

  test('without an id gets one of its own, another one in each answer', () => {
    const ids = [1, 2].map(() => {
      const [event] = read(piece(0, undefined, 'f', '{}')).out
      return event?.kind === 'tool-call' ? event.id : ''
    })
    expect(ids[0]).toMatch(/^[a-zA-Z0-9_-]{6,40}$/)
    expect(ids[0]).not.toBe(ids[1])
  })

  test('may come in the old form', () => {
    const result = read(
      delta({ function_call: { name: 'f', arguments: '{' } }),
      delta({ function_call: { arguments: '}' } }),
    )
    expect(result.out.map((event) => event.kind === 'tool-call' && event.input)).toEqual(['{', '}'])
    expect(new Set(result.out.map((event) => event.index)).size).toBe(1)
  })
})

describe('usage', () => {
  const usage = (given: unknown, extra: object = {}) =>
    read({ choices: [], usage: given, ...extra }, '[DONE]').completion?.usage

  test('is the last that came, and a null says nothing', () => {
    const result = read({ usage: { prompt_tokens: 1 } }, { usage: { prompt_tokens: 2 } }, '[DONE]')
    expect(result.completion?.usage).toEqual({ inputTokens: 2 })
    expect(
      read({ usage: { prompt_tokens: 1 } }, { usage: null }, '[DONE]').completion?.usage,
    ).toEqual({ inputTokens: 1 })
  })

  test('stays where an empty one follows', () => {
    for (const empty of [{}, { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }]) {
      const { completion } = read({ usage: { prompt_tokens: 1 } }, { usage: empty }, '[DONE]')
      expect(completion?.usage).toEqual({ inputTokens: 1 })
    }
  })

  test('is read in a choice, unless the chunk has one of its own', () => {
    const choices = [{ delta: {}, finish_reason: 'stop', usage: { prompt_tokens: 2 } }]
    expect(read({ choices }).completion?.usage).toEqual({ inputTokens: 2 })
    expect(read({ choices, usage: { prompt_tokens: 3 } }).completion?.usage).toEqual({
      inputTokens: 3,
    })
  })

  test('is read under x_groq', () => {
    expect(usage(undefined, { x_groq: { usage: { prompt_tokens: 5 } } })).toEqual({
      inputTokens: 5,
    })
  })

  test('has cached and reasoning tokens wherever they are', () => {
    const prompt_tokens_details = { cached_tokens: 2 }
    const completion_tokens_details = { reasoning_tokens: 4 }
    expect(usage({ prompt_tokens_details, completion_tokens_details })).toEqual({
      cachedInputTokens: 2,
      reasoningTokens: 4,
    })
    expect(usage({ prompt_cache_hit_tokens: 2 })).toEqual({ cachedInputTokens: 2 })
    expect(usage({ cached_tokens: 2, reasoning_tokens: 4 })).toEqual({
      cachedInputTokens: 2,
      reasoningTokens: 4,
    })
    expect(usage({ prompt_tokens_details: { cache_write_tokens: 5 } })).toEqual({
      cacheWriteInputTokens: 5,
    })
  })

  test('counts reasoning into the output where the provider counted it apart', () => {
    const given = {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 303,
      completion_tokens_details: { reasoning_tokens: 290 },
    }
    expect(usage(given)?.outputTokens).toBe(291)
  })
})

test('an event without data says nothing', () => {
  expect(read('', ' ', delta({ content: 'a' })).error).toBeUndefined()
})

test('data of any shape is read without a TypeError', () => {
  const odd = [null, 0, '', 'x', true, [], [null], {}, { index: 0 }, [{}], [[]]]
  for (const value of odd) {
    for (const name of [
      'choices',
      'usage',
      'citations',
      'search_results',
      'x_groq',
      'id',
      'model',
    ]) {
      read({ [name]: value })
    }
    for (const name of [
      'content',
      'tool_calls',
      'images',
      'annotations',
      'reasoning_details',
      'refusal',
      'function_call',
      'reasoning',
    ]) {
      read(delta({ [name]: value }), '[DONE]')
      read(
        delta({
          [name]: [
            {
              function: value,
              image_url: value,
              url_citation: value,
              thinking: value,
              type: 'thinking',
            },
          ],
        }),
      )
    }
    read({ choices: [value] })
    read({ choices: [{ delta: value, message: value, finish_reason: value }] })
    read(JSON.stringify(value))
  }
})
