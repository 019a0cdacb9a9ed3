import { describe, expect, test } from 'vitest'
import { createConversation, memoryStore } from '../../src/entries/conversation.js'
import { tool } from '../../src/entries/index.js'
import { calling, parameters, playing, saying } from '../support/turns.js'

type Script = ReturnType<typeof saying>

/** A conversation whose last answer is given again in three ways. */
async function twice(scripts: readonly Script[], options: object = {}) {
  const store = memoryStore()
  const { driver, requests } = playing(...scripts)
  const settings = { id: 'c', store, driver, retry: false as const, ...options }
  const first = await createConversation(settings).send('Hi', { key: 'k' }).final()
  const asked = requests.length
  const again = [
    await createConversation(settings).send('Hi', { key: 'k' }).final(),
    await createConversation(settings).resume().final(),
  ]
  expect(requests).toHaveLength(asked)
  return { first, again, requests, conversation: createConversation(settings) }
}

describe('an answer that is given again', () => {
  test.each(['length', 'content-filter', 'other'] as const)(
    'has its finish reason: %s',
    async (finishReason) => {
      const { first, again } = await twice([['Half', { finishReason, usage: {} }]])
      for (const each of again) {
        expect(each).toMatchObject({ finishReason, text: 'Half' })
        expect(each.message).toEqual(first.message)
      }
    },
  )

  test('stores no finish reason for an answer that just stopped', async () => {
    const { first, again } = await twice([saying('Whole.')])
    expect(first.message).not.toHaveProperty('finishReason')
    for (const each of again) expect(each.finishReason).toBe('stop')
  })

  test('has its output, parsed and validated', async () => {
    const output = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => ({ value: { seen: value } }),
        jsonSchema: { input: () => ({ type: 'object' }), output: () => ({ type: 'object' }) },
      },
    }
    const { first, again } = await twice([saying('{"a":1}')], { output })
    for (const each of again) {
      expect(each.output).toEqual({ seen: { a: 1 } })
      expect(each.output).toEqual(first.output)
    }
  })

  test('has the output of its last step', async () => {
    const pay = tool({ parameters, run: () => 'paid' })
    const script: Script = [
      'Let me see. ',
      { type: 'content', kind: 'tool-call', index: 1, id: 'a', name: 'pay', input: '{}' },
      { finishReason: 'tool-calls', usage: {} },
    ]
    const { first, again } = await twice([script, saying('{"a":1}')], {
      tools: { pay },
      output: { type: 'object' },
    })
    expect(first.output).toEqual({ a: 1 })
    for (const each of again) {
      expect(each).toMatchObject({ output: { a: 1 }, text: 'Let me see. {"a":1}' })
    }
  })

  test('says what its calls wait for, without those that have a result', async () => {
    const tools = {
      pay: tool({ parameters, run: () => 'paid' }),
      refund: tool({ parameters, approve: true, run: () => 'back' }),
      pick: tool({ parameters }),
    }
    const script = calling(['a', 'pay'], ['b', 'refund'], ['c', 'pick'])
    const { first, again } = await twice([script], { tools })
    expect(first.waiting).toMatchObject([
      { id: 'b', for: 'approval' },
      { id: 'c', for: 'client' },
    ])
    for (const each of again) expect(each.waiting).toEqual(first.waiting)
    const last = await twice([calling(['a', 'pay'])], { tools, maxSteps: 1 })
    expect(last.first.waiting).toMatchObject([{ id: 'a', for: 'steps' }])
    for (const each of last.again) expect(each.waiting).toEqual(last.first.waiting)
  })

  test('keeps the errors of calls that must not be run', async () => {
    const script: Script = [
      { type: 'content', kind: 'tool-call', index: 0, id: 'a', name: 'pay', input: '{"amou' },
      { finishReason: 'length', usage: {} },
    ]
    const { first, again } = await twice([script], { tools: { pay: { parameters } } })
    expect(first.message.content).toMatchObject([{ error: expect.stringContaining('cut off') }])
    for (const each of again) {
      expect(each.message).toEqual(first.message)
      expect(each).not.toHaveProperty('waiting')
    }
  })

  test('goes to a model without its finish reason', async () => {
    const { conversation, requests } = await twice([
      ['Half', { finishReason: 'length', usage: {} }],
    ])
    await conversation.send('And?').text()
    expect(requests[1]?.messages?.[1]).toMatchObject({ role: 'assistant', finishReason: 'length' })
  })
})
