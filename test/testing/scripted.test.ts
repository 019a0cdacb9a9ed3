import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Completion, Driver, DriverYield } from '../../src/base/driver.js'
import { StreamError } from '../../src/base/errors.js'
import type { RetryEvent } from '../../src/base/events.js'
import { createStream, type Message, tool } from '../../src/entries/index.js'
import { type Script, scripted } from '../../src/entries/testing.js'

interface Played {
  yields: DriverYield[]
  completion: Completion | undefined
  error: unknown
  bytes: number
}

async function play(driver: Driver, attempt = 1, signal?: AbortSignal): Promise<Played> {
  const played: Played = { yields: [], completion: undefined, error: undefined, bytes: 0 }
  const generator = driver.stream(
    { prompt: 'Hi' },
    {
      attempt,
      signal: signal ?? new AbortController().signal,
      onBytes: () => {
        played.bytes += 1
      },
    },
  )
  try {
    for (;;) {
      const { done, value } = await generator.next()
      if (done) return { ...played, completion: value }
      played.yields.push(value)
    }
  } catch (error) {
    return { ...played, error }
  }
}

const text = (index: number, words: string) =>
  ({ type: 'content', index, kind: 'text', text: words }) as const

describe('scripted()', () => {
  test('scripted() yields text and completes', async () => {
    const usage = { outputTokens: 2 }
    const driver = scripted(['Hello', ' world'], { provider: 'p', model: 'm', usage })
    expect(driver).toMatchObject({ provider: 'p', model: 'm' })
    const { yields, completion, bytes } = await play(driver)
    expect(yields).toEqual([text(0, 'Hello'), text(0, ' world')])
    expect(completion).toEqual({ finishReason: 'stop', usage })
    expect(bytes).toBe(2)
  })

  test('scripted() with an empty script is an empty answer', async () => {
    expect(await play(scripted([]))).toMatchObject({ completion: { finishReason: 'stop' } })
  })

  test('scripted() yields a chunk as one array, and assigns text to the right block', async () => {
    const thought = { type: 'content', index: 0, kind: 'reasoning', text: 'Hm' } as const
    const { yields } = await play(scripted([thought, { chunk: ['a', 'b'] }, 'c']))
    expect(yields).toEqual([thought, [text(1, 'a'), text(1, 'b')], text(1, 'c')])
  })

  test('scripted() counts blocks from 0 after a restart', async () => {
    const retry: RetryEvent = {
      type: 'retry',
      attempt: 2,
      maxAttempts: 3,
      delayMs: 0,
      mode: 'restart',
      provider: 'p',
      model: 'm',
      error: new StreamError('network', 'gone'),
    }
    const { yields } = await play(scripted(['a', retry, 'b']))
    expect(yields).toEqual([text(0, 'a'), retry, text(0, 'b')])
  })

  test('scripted() throws errors and returns completions unchanged', async () => {
    const error = new StreamError('overloaded', 'busy')
    expect(await play(scripted(['a', error]))).toMatchObject({ yields: [text(0, 'a')], error })
    const completion = { finishReason: 'length', usage: {} } as const
    expect((await play(scripted(['a', completion]))).completion).toBe(completion)
  })

  test('scripted() plays one script per attempt, and repeats the last one', async () => {
    const driver = scripted([[new StreamError('server', 'no')], ['yes']])
    expect((await play(driver, 1)).error).toMatchObject({ code: 'server' })
    expect((await play(driver, 2)).yields).toEqual([text(0, 'yes')])
    expect((await play(driver, 7)).yields).toEqual([text(0, 'yes')])
    expect((await play(driver, 1)).error).toMatchObject({ code: 'server' })
  })

  test.each<[string, Script]>([
    ['hangs', ['a', { hang: true }]],
    ['waits', ['a', { waitMs: 60_000 }]],
  ])('an abort while scripted() %s ends it', async (_name, script) => {
    const controller = new AbortController()
    const generator = scripted(script).stream(
      {},
      { attempt: 1, signal: controller.signal, onBytes: () => {} },
    )
    await generator.next()
    const pending = generator.next()
    controller.abort('enough')
    await expect(pending).rejects.toMatchObject({ code: 'aborted', cause: 'enough' })
  })

  test('scripted() waits for waitMs', async () => {
    expect((await play(scripted([{ waitMs: 1 }, 'a']))).yields).toEqual([text(0, 'a')])
  })

  test('scripted() does nothing with an aborted signal', async () => {
    const { yields, error } = await play(scripted(['a']), 1, AbortSignal.abort())
    expect(yields).toEqual([])
    expect(error).toMatchObject({ code: 'aborted' })
  })

  test('a call completes with tool-calls, and has an id and a block of its own', async () => {
    const script: Script = [
      'Let me see.',
      { call: 'weather', input: { city: 'Oslo' } },
      { call: 'clock' },
      { call: 'broken', input: '{"a":', id: 'x' },
    ]
    const call = { type: 'content', kind: 'tool-call' } as const
    const { yields, completion } = await play(scripted(script))
    expect(yields).toEqual([
      text(0, 'Let me see.'),
      { ...call, index: 1, id: 'call-1', name: 'weather', input: '{"city":"Oslo"}' },
      { ...call, index: 2, id: 'call-2', name: 'clock', input: '{}' },
      { ...call, index: 3, id: 'x', name: 'broken', input: '{"a":' },
    ])
    expect(completion?.finishReason).toBe('tool-calls')
    const cut = await play(scripted([{ call: 'clock' }, { finishReason: 'length', usage: {} }]))
    expect(cut.completion?.finishReason).toBe('length')
  })

  test('scripted() rejects invalid scripts', () => {
    const late = new StreamError('server', 'no')
    expect(() => scripted([late, 'a'])).toThrow('Step 0 ends the attempt')
    // @ts-expect-error steps and attempts do not mix
    expect(() => scripted(['a', ['b']])).toThrow('{ chunk: [...] }')
    expect(() => scripted('a' as never)).toThrow('Option "script" is "a"')
    expect(() => scripted([{ wait: 5 } as never])).toThrow('Option "script[0]" is {"wait":5}')
    expect(() => scripted({ steps: [] })).toThrow('at least one script')
    expect(() => scripted({ steps: 'a' as never })).toThrow('Option "script.steps" is "a"')
    expect(() => scripted({ steps: [['a'], [{ call: 5 } as never]] })).toThrow(
      'Option "script.steps[1][0]" is {"call":5}',
    )
    expect(() => scripted(['a'], { modle: 'a' } as never)).toThrow('Did you mean "model"?')
    expectTypeOf(scripted(['a'])).toEqualTypeOf<Driver>()
  })
})

describe('scripted({ steps })', () => {
  const overloaded = new StreamError('overloaded', 'busy')
  const retry = { minDelayMs: 0, maxDelayMs: 0 }
  const clock = tool({ parameters: { type: 'object' }, run: () => '12:00' })
  const approved = tool({ parameters: { type: 'object' }, approve: true, run: () => 'done' })
  const driver = scripted({
    steps: [
      [{ call: 'clock' }, { call: 'approved' }],
      [[overloaded], [{ call: 'clock' }]],
      [['It is ', overloaded], ['It is noon.']],
    ],
  })

  test('plays one script per step, and in it one per attempt', async () => {
    const tools = { clock, approved: { ...approved, approve: false } }
    const run = () => createStream({ driver, prompt: 'Hi', tools, retry }).final()
    const turns = await Promise.all([run(), run()])
    for (const { text: words, attempts, steps } of turns) {
      expect({ words, attempts }).toEqual({ words: 'It is noon.', attempts: 5 })
      expect(steps?.map(({ calls }) => calls.map(({ id }) => id))).toEqual([
        ['call-1', 'call-2'],
        ['call-2-1'],
        [],
      ])
    }
  })

  test('an approval belongs to the step of its call, and a question begins a turn', async () => {
    const conversation: Message[] = [{ role: 'user', content: 'Hi' }]
    const tools = { clock, approved }
    const options = { driver, messages: conversation, tools, retry, signingKey: 'k'.repeat(16) }
    const first = await createStream(options).final()
    expect(first.waiting).toMatchObject([{ id: 'call-2', for: 'approval' }])
    conversation.push(first.message, {
      role: 'tool',
      content: [{ type: 'tool-approval', id: 'call-2', approved: true }],
    })
    const second = await createStream(options).final()
    expect(second.steps?.[0]?.calls).toMatchObject([{ id: 'call-2-1' }])
    expect(second.text).toBe('It is noon.')
    conversation.push(second.message, { role: 'user', content: 'Again' })
    const third = await createStream(options).final()
    expect(third.waiting).toMatchObject([{ id: 'call-2', for: 'approval' }])
  })

  test('an answer that is continued stays in its step', async () => {
    const stream = createStream({
      driver,
      prompt: 'Hi',
      tools: { clock, approved: { ...approved, approve: false } },
      retry: { ...retry, afterContent: 'continue' },
    })
    expect(await stream.text()).toBe('It is noon.')
  })
})
