import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compatible } from '../../src/entries/compatible.js'
import { createStream } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { simulatedProvider } from '../../src/entries/testing.js'
import { ChatDecoder } from '../../src/wires/openai-chat/response.js'
import { readThinkTags, type ThinkTags } from '../../src/wires/think-tags.js'
import { readerOf, shown } from '../support/decode.js'

const delta = (fields: object, finish: unknown = null): unknown => ({
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
})
const text = (content: string): unknown => delta({ content })
const stop = delta({}, 'stop')

const reader = (thinkTags: ThinkTags) =>
  readerOf(() => readThinkTags(new ChatDecoder('p'), thinkTags))
const read = reader(true)

/** What came, joined block by block. */
function joined(texts: readonly string[], thinkTags: ThinkTags = true): string[] {
  const blocks: string[] = []
  for (const event of reader(thinkTags)(...texts.map(text), stop).out) {
    if (event.kind !== 'text' && event.kind !== 'reasoning') continue
    blocks[event.index] = (blocks[event.index] ?? `${event.kind} `) + event.text
  }
  return blocks
}

describe('think tags', () => {
  test('are text unless they are asked for', () => {
    expect(joined(['<think>a</think>b'], false)).toEqual(['text <think>a</think>b'])
  })

  test('hold reasoning, without the white space around it', () => {
    expect(joined(['<think>\na b\n</think>\n\nc d'])).toEqual(['reasoning a b\n', 'text c d'])
    expect(joined(['\n<think>', 'a', '</think>', '\n', '\n', 'b'])).toEqual([
      'reasoning a',
      'text b',
    ])
  })

  test('are known in all forms that models use', () => {
    for (const [open, close] of [
      ['<thinking>', '</thinking>'],
      ['<thought>', '</thought>'],
      ['<seed:think>', '</seed:think>'],
      ['[THINK]', '[/THINK]'],
      ['◁think▷', '◁/think▷'],
    ]) {
      expect(joined([`${open}a </think${close}b`])).toEqual(['reasoning a </think', 'text b'])
    }
  })

  test('around nothing are nothing', () => {
    expect(joined(['<think>\n\n</think>\n\n', 'a'])).toEqual([undefined, 'text a'])
  })

  test('read the same however they are cut', () => {
    const answers = fc.constantFrom(
      '<think>a <b> </thin k></think>\n\nc <think>d</think>',
      '\n <think>a</think>b',
      '<thinking>a</think></thinking>b',
      '<thin ice>',
      'a <think>b</think>',
      '<think>a </thi',
      '  <thi',
    )
    fc.assert(
      fc.property(answers, fc.array(fc.nat(60)), (answer, places) => {
        const sorted = [0, ...places.filter((place) => place < answer.length), answer.length]
        sorted.sort((a, b) => a - b)
        const pieces = sorted.slice(1).map((end, index) => answer.slice(sorted[index], end))
        expect(joined(pieces)).toEqual(joined([answer]))
      }),
    )
  })

  test('count at the beginning of the answer alone', () => {
    expect(joined(['Use <think>a</think>.'])).toEqual(['text Use <think>a</think>.'])
    expect(joined(['<think>a</think>b <think>c</think>'])).toEqual([
      'reasoning a',
      'text b <think>c</think>',
    ])
  })

  test('without their end leave no text, and a beginning that is none is text', () => {
    expect(joined(['<think>a </thi'])).toEqual(['reasoning a </thi'])
    expect(joined([' <thi'])).toEqual(['text  <thi'])
    const cut = read(text('<think>a'), '[DONE]')
    expect([cut.completion?.finishReason, shown(cut)]).toEqual(['stop', ['0 reasoning a']])
  })

  test('may have been opened by the prompt', () => {
    expect(joined(['a', ' b</thi', 'nk>\nc'], 'opened')).toEqual(['reasoning a b', 'text c'])
    expect(joined(['<think>a</think>b'], 'opened')).toEqual(['reasoning a', 'text b'])
    expect(joined(['<thi'], 'opened')).toEqual(['reasoning <thi'])
  })

  test('keep what an error cuts off', () => {
    const result = read(text('<thi'), { error: { message: 'boom' } })
    expect(shown(result)).toEqual(['0 text <thi'])
    expect(result.error?.code).toBe('server')
  })

  test('leave all other content in blocks of its own', () => {
    const call = { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }] }
    expect(shown(read(text('<think>a</think>'), delta(call), text('b')))).toEqual([
      '0 reasoning a',
      '2 c f {}',
      '3 text b',
    ])
    expect(shown(read(delta({ reasoning_content: 'r' }), text('<think>a</think>b')))).toEqual([
      '0 reasoning r',
      '1 reasoning a',
      '2 text b',
    ])
    expect(shown(read(text('<think>a</thi'), delta(call)))).toEqual([
      '0 reasoning a',
      '0 reasoning </thi',
      '2 c f {}',
    ])
    expect(shown(read(delta(call), text('b')))).toEqual(['0 c f {}', '1 text b'])
  })
})

describe('the drivers', () => {
  const { fetch } = simulatedProvider({ answer: '<think>a b</think>c d' })
  const own = { model: 'm', apiKey: 'k', fetch }
  const baseURL = 'http://provider.test/v1'
  const kinds = async (driver: ReturnType<typeof openai>): Promise<string[]> => {
    const { message } = await createStream({ driver, prompt: 'p', retry: false }).final()
    if (typeof message.content === 'string') throw new Error('parts were expected')
    return message.content.map((part) => `${part.type} ${'text' in part ? part.text : ''}`)
  }

  test('take the tags out if they are told to', async () => {
    const out = ['reasoning a b', 'text c d']
    expect(await kinds(compatible({ ...own, baseURL, thinkTags: true }))).toEqual(out)
    expect(await kinds(openai({ ...own, thinkTags: true }))).toEqual(out)
    expect(await kinds(openai({ ...own, thinkTags: true, api: 'responses' }))).toEqual(out)
    expect(await kinds(compatible({ ...own, baseURL }))).toEqual(['text <think>a b</think>c d'])
    expect(await kinds(openai(own))).toEqual(['text <think>a b</think>c d'])
  })

  test('do it for servers that are known to leave them in', async () => {
    expect(await kinds(compatible('groq', own))).toEqual(['reasoning a b', 'text c d'])
    expect(await kinds(compatible('groq', { ...own, thinkTags: false }))).toEqual([
      'text <think>a b</think>c d',
    ])
  })

  test('refuse another value', () => {
    const thinkTags = '<think>' as never
    expect(() => compatible({ ...own, baseURL, thinkTags })).toThrow('"compatible.thinkTags"')
    expect(() => openai({ ...own, thinkTags })).toThrow('"openai.thinkTags"')
  })
})
