import { createStream, fallback, hedge, StreamError, type ToolSet, tool } from 'sluice'
import { describe, expect, test, vi } from 'vitest'
import { collect } from '../support/collect.js'
import { calling, parameters, playing, readTurn, saying, turn, usage } from '../support/turns.js'

const ok = tool({ parameters, run: () => 'ok' })
const cut = new StreamError('network', 'Cut.')

describe('a turn of two steps', () => {
  test('runs the tool with the arguments, and gives the result to the model', async () => {
    const ran: object[] = []
    const weather = tool({
      parameters,
      run: (input, { id, key, step, messages }) => {
        ran.push({ input, id, key, step, messages: messages.length })
        return { sky: 'clear' }
      },
    })
    const scripts = [calling(['a', 'weather', { city: 'Oslo' }]), saying('Clear.')]
    const { complete, id, requests } = await turn(scripts, { tools: { weather } })
    expect(ran).toEqual([
      { input: { city: 'Oslo' }, id: 'a', key: `${id}/a`, step: 1, messages: 2 },
    ])
    expect(complete).toMatchObject({
      type: 'complete',
      text: 'Clear.',
      finishReason: 'stop',
      usage: { inputTokens: 20, outputTokens: 10, totalTokens: 30 },
      attempts: 2,
    })
    expect(complete.message).toEqual({
      id,
      role: 'assistant',
      content: [
        { type: 'tool-call', id: 'a', name: 'weather', input: { city: 'Oslo' } },
        { type: 'tool-result', id: 'a', name: 'weather', output: { sky: 'clear' } },
        { type: 'text', text: 'Clear.' },
      ],
    })
    const call = { id: 'a', name: 'weather', input: { city: 'Oslo' } }
    expect(complete.steps).toEqual([
      {
        text: '',
        usage,
        finishReason: 'tool-calls',
        model: 'script',
        attempts: 1,
        calls: [{ ...call, output: { sky: 'clear' } }],
      },
      { text: 'Clear.', usage, finishReason: 'stop', model: 'script', attempts: 1, calls: [] },
    ])
    expect(requests[1]?.messages).toMatchObject([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [{ type: 'tool-call' }, { type: 'tool-result' }] },
    ])
  })

  test('numbers the blocks through', async () => {
    const called = { ...(calling(['a', 'ok'])[0] as object), index: 1 } as never
    const scripts = [
      ['One.', called, { finishReason: 'tool-calls', usage } as const],
      ['Two.', 'Three.'],
    ]
    const { events, complete } = await turn(scripts, { tools: { ok } })
    const indexes = events.flatMap((event) => (event.type === 'content' ? [event.index] : []))
    expect(indexes).toEqual([0, 1, 2, 3, 3])
    expect(complete.text).toBe('One.Two.Three.')
  })
})

describe('a step that fails', () => {
  test('is retried alone: nothing before it is void, and no tool runs again', async () => {
    const run = vi.fn(() => 1)
    const scripts = [calling(['a', 'f']), ['Half', cut], ['Half', cut], saying('Whole.')]
    const { events, complete } = await turn(scripts, { tools: { f: { parameters, run } } })
    expect(run).toHaveBeenCalledTimes(1)
    expect(events.filter(({ type }) => type === 'retry')).toMatchObject([
      { from: 2, step: 2, attempt: 2, mode: 'restart' },
      { from: 2, step: 2, attempt: 3, mode: 'restart' },
    ])
    expect(complete).toMatchObject({ text: 'Whole.', attempts: 4 })
    expect(complete.steps).toMatchObject([{ attempts: 1 }, { attempts: 3 }])
    expect(complete.message.content).toHaveLength(3)
  })

  test('ends the turn with everything before it in the partial message', async () => {
    const scripts = [calling(['a', 'ok']), ['Half', cut]]
    const { error, parts, id } = await turn(scripts, { tools: { ok }, retry: false })
    expect(error).toMatchObject({ error: { code: 'network' }, attempts: 2, partial: { id } })
    expect(parts).toEqual([
      { type: 'tool-call', id: 'a', name: 'ok', input: {} },
      { type: 'tool-result', id: 'a', name: 'ok', output: 'ok' },
      { type: 'text', text: 'Half' },
    ])
  })

  test('runs no tool for an answer that broke off, and marks its calls', async () => {
    const run = vi.fn()
    const half = calling(['b', 'f', { a: 1 }]).slice(0, 1)
    const scripts = [calling(['a', 'f']), [...half, cut]]
    const { parts } = await turn(scripts, { tools: { f: { parameters, run } }, retry: false })
    expect(run).toHaveBeenCalledTimes(1)
    expect(parts).toMatchObject([
      { id: 'a' },
      { id: 'a', output: null },
      { id: 'b', input: { a: 1 }, error: expect.stringContaining('not run') },
    ])
    expect(parts[0]).not.toHaveProperty('error')
  })

  test('runs no tool for an answer that reached the limit of its length', async () => {
    const run = vi.fn()
    const script = [...calling(['a', 'f']).slice(0, 1), { finishReason: 'length', usage } as const]
    const { complete } = await turn([script], { tools: { f: { parameters, run } } })
    expect(run).not.toHaveBeenCalled()
    expect(complete).toMatchObject({ finishReason: 'length' })
    expect(complete.waiting).toBeUndefined()
    expect(complete.message.content).toMatchObject([{ id: 'a', error: expect.any(String) }])
  })

  test('continues where it was cut, behind the steps before it', async () => {
    const scripts = [calling(['a', 'ok']), ['Hello wor', cut], saying('ld.')]
    const retry = { minDelayMs: 0, maxDelayMs: 0, afterContent: 'continue' } as const
    const { complete, events, requests } = await turn(scripts, { tools: { ok }, retry })
    expect(complete.text).toBe('Hello world.')
    expect(events.find(({ type }) => type === 'retry')).toMatchObject({ mode: 'continue', step: 2 })
    expect(complete.message.content).toHaveLength(3)
    expect(requests[2]?.messages?.slice(-2)).toMatchObject([
      { role: 'assistant', content: 'Hello wor' },
      { role: 'user' },
    ])
  })

  test('falls back to another driver, for that step', async () => {
    const first = playing(calling(['a', 'ok']), [cut])
    const second = playing(saying('From the second.'))
    const driver = fallback([first.driver, { ...second.driver, model: 'other' }])
    const stream = createStream({ driver, prompt: 'Hi', tools: { ok }, retry: false })
    const { complete } = readTurn(await collect(stream), [])
    expect(complete).toMatchObject({ text: 'From the second.', model: 'other', attempts: 3 })
    expect(complete.steps).toMatchObject([{ model: 'script' }, { model: 'other', attempts: 2 }])
    expect(second.requests[0]?.messages?.at(-1)).toMatchObject({ role: 'assistant' })
  })

  test('is hedged alone: the slower request is given up, and no tool runs twice', async () => {
    const run = vi.fn(() => 'ok')
    const slow = playing(calling(['a', 'f']), [{ hang: true }])
    const fast = playing(saying('From the second.'))
    const driver = hedge(slow.driver, { ...fast.driver, model: 'other' }, { afterMs: 20 })
    const stream = createStream({ driver, prompt: 'Hi', tools: { f: { parameters, run } } })
    const { complete, events } = readTurn(await collect(stream), [])
    expect(run).toHaveBeenCalledTimes(1)
    expect(complete).toMatchObject({ text: 'From the second.', model: 'other', attempts: 3 })
    expect(complete.steps).toMatchObject([{ model: 'script' }, { model: 'other', attempts: 2 }])
    expect(events.filter(({ type }) => type === 'retry')).toEqual([])
    expect(fast.requests[0]?.messages?.at(-1)).toMatchObject({ role: 'assistant' })
  })

  test('reports the usage of all steps and all attempts once', async () => {
    const scripts = [calling(['a', 'ok']), ['12345678', cut], ['1234', cut]]
    const retry = { maxRetries: 1, minDelayMs: 0, maxDelayMs: 0 }
    const retried = await turn([...scripts.slice(0, 2), saying('Hi')], { tools: { ok }, retry })
    expect(retried.complete.usage.outputTokens).toBe(10)
    expect(retried.complete.wasted?.outputTokens).toBe(2)
    const { error, events } = await turn(scripts, { tools: { ok }, retry })
    const wasted = events.find(({ type }) => type === 'retry') as { usage: { inputTokens: number } }
    expect(wasted.usage).toMatchObject({ outputTokens: 2, estimated: true })
    const input = wasted.usage.inputTokens
    expect(error.usage).toMatchObject({
      inputTokens: usage.inputTokens + 2 * input,
      outputTokens: usage.outputTokens + 2 + 1,
    })
  })
})

describe('the number of steps', () => {
  test('ends with calls that were not run, which the next request runs', async () => {
    const run = vi.fn(() => 'done')
    const tools = { f: { parameters, run } }
    const scripts = [calling(['a', 'f']), calling(['b', 'f'])]
    const first = await turn(scripts, { tools, maxSteps: 2 })
    expect(run).toHaveBeenCalledTimes(1)
    expect(first.complete).toMatchObject({
      finishReason: 'tool-calls',
      waiting: [{ id: 'b', name: 'f', input: {}, for: 'steps' }],
    })
    const messages = [{ role: 'user', content: 'Hi' } as const, first.complete.message]
    const second = await turn([saying('All done.')], { tools, messages })
    expect(run).toHaveBeenCalledTimes(2)
    expect(second.parts).toEqual([
      { type: 'tool-result', id: 'b', name: 'f', output: 'done' },
      { type: 'text', text: 'All done.' },
    ])
  })

  test('is ten by default', async () => {
    const run = vi.fn(() => 1)
    const scripts = Array.from({ length: 12 }, (_, at) => calling([`c${at}`, 'f']))
    const { complete, requests } = await turn(scripts, { tools: { f: { parameters, run } } })
    expect(requests).toHaveLength(10)
    expect(run).toHaveBeenCalledTimes(9)
    expect(complete.waiting).toMatchObject([{ for: 'steps' }])
  })

  test('counts pauses, which are continued', async () => {
    const pause = ['Half. ', { finishReason: 'pause', usage } as const]
    const { complete, requests } = await turn([pause, saying('Whole.')], { maxSteps: 5 })
    expect(complete).toMatchObject({ text: 'Half. Whole.', finishReason: 'stop' })
    expect(requests[1]?.messages?.at(-1)).toMatchObject({
      role: 'assistant',
      content: [{ text: 'Half. ' }],
    })
    const short = await turn([pause], { maxSteps: 1 })
    expect(short.complete.finishReason).toBe('pause')
    const without = await turn([pause], {})
    expect(without.complete).toMatchObject({ finishReason: 'pause' })
    expect(without.complete.steps).toBeUndefined()
  })
})

describe('beforeStep', () => {
  test('changes one step: its messages, tools, choice and driver', async () => {
    const other = playing(saying('From the other.'))
    const seen: object[] = []
    const scripts = [calling(['a', 'ok']), calling(['b', 'ok'])]
    const { complete } = await turn(scripts, {
      tools: { ok },
      beforeStep: ({ step, messages }) => {
        seen.push({ step, messages: messages.length })
        if (step !== 3) return undefined
        const compacted = [{ role: 'user', content: 'All that in short.' } as const]
        return { messages: compacted, tools: {}, toolChoice: 'none', driver: other.driver }
      },
    })
    expect(seen).toEqual([
      { step: 1, messages: 1 },
      { step: 2, messages: 2 },
      { step: 3, messages: 2 },
    ])
    expect(other.requests).toMatchObject([
      { messages: [{ content: 'All that in short.' }], tools: {}, toolChoice: 'none' },
    ])
    expect(complete.text).toBe('From the other.')
    expect(complete.message.content).toHaveLength(5)
  })

  test('leaves out a tool by undefined', async () => {
    const tools: ToolSet = { ok, other: ok }
    const without = { ok, other: undefined } as unknown as ToolSet
    const { complete, requests } = await turn([calling(['a', 'other']), saying('Done.')], {
      tools,
      beforeStep: ({ step }) => (step === 1 ? { tools: without } : undefined),
    })
    expect(requests.map((request) => Object.keys(request.tools ?? {}))).toEqual([
      ['ok'],
      ['ok', 'other'],
    ])
    expect(complete.steps?.[0]?.calls).toMatchObject([{ isError: true }])
  })

  test('fails the turn with what it throws', async () => {
    const { error } = await turn([saying('Hi')], {
      maxSteps: 2,
      beforeStep: () => {
        throw new StreamError('quota', 'Enough for today.')
      },
    })
    expect(error.error).toMatchObject({ code: 'quota' })
  })
})

test('a call that was forced is not forced again', async () => {
  for (const toolChoice of ['required', { name: 'ok' }] as const) {
    const scripts = [calling(['a', 'ok']), saying('Done.')]
    const { requests } = await turn(scripts, { tools: { ok }, toolChoice })
    expect(requests.map((request) => request.toolChoice)).toEqual([toolChoice, undefined])
  }
})

test('the output is that of the last step', async () => {
  const scripts = [calling(['a', 'ok']), ['{"sky":"clear"}']]
  const output = { type: 'object', properties: { sky: { type: 'string' } } }
  const { complete } = await turn(scripts, { tools: { ok }, output })
  expect(complete.output).toEqual({ sky: 'clear' })
})

test('hooks hear of each step and each run', async () => {
  const heard: unknown[] = []
  const hear = (name: string) => (about: object) => heard.push([name, about])
  const scripts = [calling(['a', 'ok', { b: 1 }]), saying('Done.')]
  const { id } = await turn(scripts, {
    tools: { ok },
    onStep: hear('step'),
    onToolStart: hear('start'),
    onToolEnd: hear('end'),
    onAttempt: ({ step, attempt }) => heard.push(['attempt', step, attempt]),
  })
  const call = { id: 'a', name: 'ok', input: { b: 1 } }
  const run = { id, call, key: `${id}/a`, step: 1 }
  expect(heard).toEqual([
    ['attempt', 1, 1],
    ['step', { id, step: 1, text: '', calls: [call] }],
    ['start', run],
    ['end', { ...run, output: 'ok', durationMs: expect.any(Number) }],
    ['attempt', 2, 1],
    ['step', { id, step: 2, text: 'Done.', calls: [] }],
  ])
})
