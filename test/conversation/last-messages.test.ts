import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/base/messages.js'
import { type LastMessagesOptions, lastMessages } from '../../src/entries/conversation.js'
import { lines } from '../support/conversations.js'

const user = (content: string): Message => ({ role: 'user', content })
const assistant = (content: string): Message => ({ role: 'assistant', content })
const system = (content: string): Message => ({ role: 'system', content })
const call = (...ids: string[]): Message => ({
  role: 'assistant',
  content: ids.map((id) => ({ type: 'tool-call', id, name: 'f', input: {} })),
})
const result = (...ids: string[]): Message => ({
  role: 'tool',
  content: ids.map((id) => ({ type: 'tool-result', id, name: 'f', output: 'x' })),
})

/** Every message costs one. */
const last = (maxTokens: number) => lastMessages({ maxTokens, countTokens: () => 1 })

describe('lastMessages', () => {
  test('lastMessages() keeps everything that fits', () => {
    const messages = [system('s'), user('a'), assistant('b'), user('c')]
    expect(last(4)(messages)).toEqual(messages)
  })

  test('lastMessages() drops whole turns, oldest first', () => {
    const messages = [user('a'), assistant('b'), user('c'), assistant('d'), user('e')]
    expect(lines(last(4)(messages))).toEqual(['user c', 'assistant d', 'user e'])
    expect(lines(last(2)(messages))).toEqual(['user e'])
  })

  test('lastMessages() keeps system messages at any position, and counts them', () => {
    const messages = [system('s'), user('a'), assistant('b'), system('t'), user('c')]
    expect(lines(last(4)(messages))).toEqual(['system s', 'system t', 'user c'])
  })

  test('lastMessages() keeps the question even if it alone exceeds the budget', () => {
    expect(lines(last(0)([user('a'), assistant('b'), user('c')]))).toEqual(['user c'])
  })

  test('lastMessages() keeps a call with its result, even with other messages between them', () => {
    const messages = [user('a'), call('1', '2'), result('1'), user('wait'), result('2'), user('e')]
    expect(last(3)(messages)).toEqual([user('e')])
    expect(last(6)(messages)).toEqual(messages)
    expect(last(5)(messages)).toEqual([user('e')])
  })

  test('lastMessages() drops the oldest steps of a turn that is too long, and keeps its question', () => {
    const steps = ['1', '2', '3'].flatMap((id) => [call(id), result(id)])
    const messages = [user('old'), assistant('b'), user('a'), ...steps]
    expect(last(7)(messages)).toEqual([user('a'), ...steps])
    expect(last(6)(messages)).toEqual([user('a'), ...steps.slice(2)])
    expect(last(3)(messages)).toEqual([user('a'), ...steps.slice(4)])
    expect(last(1)(messages)).toEqual([user('a'), ...steps.slice(4)])
  })

  test('lastMessages() does not change its input', () => {
    const messages = [user('a'), assistant('b'), user('c')]
    const before = structuredClone(messages)
    last(1)(messages)
    expect(messages).toEqual(before)
  })

  test('lastMessages() estimates four bytes per token, more for other scripts, and a thousand for an image', () => {
    const fits = (content: Message['content'], tokens: number): boolean => {
      const messages = [{ role: 'user', content } as Message, assistant(''), user('')]
      return lastMessages({ maxTokens: tokens })(messages).length === 3
    }
    // Four tokens for each of the three messages
    expect([fits('x'.repeat(400), 112), fits('x'.repeat(400), 111)]).toEqual([true, false])
    expect([fits('字'.repeat(400), 312), fits('字'.repeat(400), 311)]).toEqual([true, false])
    const image = [{ type: 'image', data: 'AAAA' } as const]
    expect([fits(image, 1_012), fits(image, 1_011)]).toEqual([true, false])
  })

  test('lastMessages() never separates a call from its result, in any conversation', () => {
    const ids = fc.constantFrom('1', '2', '3')
    const message = fc.oneof(
      fc.string().map(user),
      fc.string().map(assistant),
      fc.string().map(system),
      fc.array(ids, { minLength: 1, maxLength: 2 }).map((list) => call(...list)),
      ids.map((id) => result(id)),
    )
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), fc.nat(30), (messages, maxTokens) => {
        const kept = last(maxTokens)(messages)
        // In their order, each once
        expect(messages.filter((each) => kept.includes(each))).toEqual(kept)
        expect(kept.filter(({ role }) => role === 'system')).toEqual(
          messages.filter(({ role }) => role === 'system'),
        )
        // A result is kept exactly if the last call of its id before it is.
        for (const [position, each] of messages.entries()) {
          if (each.role !== 'tool') continue
          const id = each.content[0]?.id
          const calling = messages
            .slice(0, position)
            .findLast(
              ({ role, content }) =>
                role === 'assistant' &&
                typeof content !== 'string' &&
                content.some((part) => 'id' in part && part.id === id),
            )
          if (calling !== undefined) expect(kept.includes(each)).toBe(kept.includes(calling))
        }
        // The newest message is what is to be answered.
        const newest = messages.at(-1)
        if (newest !== undefined) expect(kept).toContain(newest)
      }),
      { numRuns: 500 },
    )
  })
})

describe('lastMessages() with an invalid option', () => {
  const cases: [string, unknown, string[]][] = [
    ['undefined', undefined, ['"options"', 'maxTokens']],
    ['no budget', {}, ['"maxTokens"', 'undefined']],
    ['an invalid budget', { maxTokens: -1 }, ['"maxTokens"', '-1']],
    [
      'a countTokens that is not a function',
      { maxTokens: 1, countTokens: 4 },
      ['"countTokens"', '4'],
    ],
    ['a misspelt option', { maxToken: 1 }, ['"maxToken"', 'maxTokens']],
  ]
  test.each(cases)('lastMessages() throws a TypeError for %s', (_name, options, words) => {
    const create = () => lastMessages(options as LastMessagesOptions)
    expect(create).toThrow(TypeError)
    for (const word of words) expect(create).toThrow(word)
  })
})
