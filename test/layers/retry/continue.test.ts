import { describe, expect, test } from 'vitest'
import type { Driver } from '../../../src/base/driver.js'
import { StreamError } from '../../../src/base/errors.js'
import type { CompleteEvent, StreamEvent } from '../../../src/base/events.js'
import type { StreamRequest } from '../../../src/base/request.js'
import { createStream, type StreamOptions } from '../../../src/core/create-stream.js'
import { retry } from '../../../src/layers/retry/retry.js'
import { type Script, scripted } from '../../../src/testing/scripted-driver.js'
import { collect, outline } from '../../support/collect.js'

const cut = new StreamError('interrupted', 'cut')
const fast = { minDelayMs: 0, maxDelayMs: 0, afterContent: 'continue' } as const

/** A scripted driver that keeps the requests of its attempts. */
function recorded(
  script: readonly Script[],
  more: Partial<Driver> = {},
): Driver & { requests: StreamRequest[] } {
  const driver = scripted(script)
  const requests: StreamRequest[] = []
  return {
    provider: driver.provider,
    model: driver.model,
    ...more,
    requests,
    stream(request, context) {
      requests.push(request)
      return driver.stream(request, context)
    },
  }
}

async function run(driver: Driver, options: Partial<StreamOptions> = {}): Promise<StreamEvent[]> {
  return collect(createStream({ driver, prompt: 'Why?', retry: fast, ...options }))
}

const text = (index: number, value: string) =>
  ({ type: 'content', index, kind: 'text', text: value }) as const

describe('continue with a model that continues an assistant message', () => {
  test('continue sends the partial text as an assistant message, and appends what the model adds', async () => {
    const driver = recorded([['The sky is ', cut], ['blue.']], { continuation: () => 'prefill' })
    const events = await run(driver)
    expect(outline(events)).toEqual([
      'start',
      'text The sky is ',
      'retry 2/3 continue interrupted',
      'text blue.',
      'complete The sky is blue.',
    ])
    expect(driver.requests[1]?.messages).toEqual([
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'The sky is ' },
    ])
    expect(driver.requests[1]).not.toHaveProperty('prompt')
    const { message } = events.at(-1) as CompleteEvent
    expect(message.content).toEqual([{ type: 'text', text: 'The sky is blue.' }])
  })

  test('continue sends all text so far when the answer breaks off again', async () => {
    const driver = recorded([['One, ', cut], ['two, ', cut], ['three.']], {
      continuation: () => 'prefill',
    })
    const events = await run(driver)
    expect(events.at(-1)).toMatchObject({ type: 'complete', text: 'One, two, three.', attempts: 3 })
    expect(driver.requests[2]?.messages?.at(-1)).toEqual({
      role: 'assistant',
      content: 'One, two, ',
    })
  })
})

describe('continue with a model that needs a request', () => {
  test('continue sends the partial text with a request, and removes what the model repeats', async () => {
    const driver = recorded([
      ['The sky is blue bec', cut],
      ['bec', 'ause air', ' scatters.'],
    ])
    const events = await run(driver, { system: 'Be brief.' })
    expect(outline(events)).toEqual([
      'start',
      'text The sky is blue bec',
      'retry 2/3 continue interrupted',
      'text ause air',
      'text  scatters.',
      'complete The sky is blue because air scatters.',
    ])
    const second = driver.requests[1]
    expect(second?.system).toBe('Be brief.')
    expect(second?.messages?.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  })

  test('an answer of which the continuation only repeats the end is complete', async () => {
    const driver = recorded([['All there is', cut], ['All there is']])
    expect((await run(driver)).at(-1)).toMatchObject({ type: 'complete', text: 'All there is' })
  })

  test('reasoning in a continuation gets a new block, and the text continues in the old one', async () => {
    const reasoning = (index: number, value: string) =>
      ({ type: 'content', index, kind: 'reasoning', text: value }) as const
    const driver = recorded([
      [reasoning(0, 'Hm.'), text(1, 'The sky '), cut],
      [reasoning(0, 'Go on.'), text(1, 'is blue.')],
    ])
    const complete = (await run(driver)).at(-1) as CompleteEvent
    expect(complete.text).toBe('The sky is blue.')
    expect(complete.message.content).toEqual([
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: 'The sky is blue.' },
      { type: 'reasoning', text: 'Go on.' },
    ])
  })

  test('a tool call in a continuation gets a new block', async () => {
    const driver = recorded([
      [text(0, 'Let me look. '), cut],
      [
        text(0, 'Now. '),
        { type: 'content', index: 1, kind: 'tool-call', id: 'a', name: 'look', input: '{}' },
      ],
    ])
    const complete = (await run(driver)).at(-1) as CompleteEvent
    expect(complete.message.content).toEqual([
      { type: 'text', text: 'Let me look. Now. ' },
      { type: 'tool-call', id: 'a', name: 'look', input: {} },
    ])
  })
})

describe('answers that cannot be continued', () => {
  const restarts = ['start', 'retry 2/3 restart interrupted']

  test.for<[string, Script, Partial<Driver>, Partial<StreamOptions>]>([
    [
      'after half a tool call',
      [
        text(0, 'Hm'),
        { type: 'content', index: 1, kind: 'tool-call', id: 'a', name: 'b', input: '{"x' },
      ],
      {},
      {},
    ],
    [
      'after a file',
      [
        text(0, 'Hm'),
        { type: 'content', index: 1, kind: 'file', mediaType: 'image/png', data: 'AA' },
      ],
      {},
      {},
    ],
    [
      'after reasoning only',
      [{ type: 'content', index: 0, kind: 'reasoning', text: 'Hm' }],
      {},
      {},
    ],
    ['after white space only', [text(0, ' \n')], {}, {}],
    ['with a driver that cannot continue', [text(0, 'Hm')], { continuation: () => 'none' }, {}],
  ])('an answer restarts %s', async ([, partial, more, options]) => {
    const driver = recorded([[...partial, cut], ['whole']], more)
    const events = await run(driver, options)
    expect(
      outline(events).filter((line) => !/^(text|reasoning|tool-call|file) /.test(line)),
    ).toEqual([...restarts, 'complete whole'])
    expect(driver.requests[1]).toEqual(driver.requests[0])
  })

  test('an answer that was restarted is continued if it breaks off again', async () => {
    const driver = recorded([
      [{ type: 'content', index: 0, kind: 'tool-call', id: 'a', name: 'b', input: '{' }, cut],
      ['One ', cut],
      ['two'],
    ])
    expect(outline(await run(driver)).filter((line) => line.startsWith('retry'))).toEqual([
      'retry 2/3 restart interrupted',
      'retry 3/3 continue interrupted',
    ])
  })
})

describe('restarts of an inner layer', () => {
  test('a restart of an inner layer discards only its own content before the continuation has any', async () => {
    const inner = recorded([['One ', cut], [cut], ['two']])
    const events = await run(
      retry(inner, { maxRetries: 1, minDelayMs: 0, maxDelayMs: 0, afterContent: 'fail' }),
    )
    expect(outline(events)).toEqual([
      'start',
      'text One ',
      'retry 2/3 continue interrupted',
      'retry 3/3 continue interrupted',
      'text two',
      'complete One two',
    ])
  })

  test('a restart of an inner layer is a failure if it would discard continued content', async () => {
    const inner = recorded([
      ['One ', new StreamError('server', 'a')],
      ['two ', cut],
      ['three'],
      ['three'],
    ])
    const layered = retry(inner, {
      maxRetries: 1,
      minDelayMs: 0,
      maxDelayMs: 0,
      shouldRetry: ({ code }) => code === 'interrupted',
    })
    const events = await run(layered)
    expect(outline(events)).toEqual([
      'start',
      'text One ',
      'retry 2/3 continue server',
      'text two ',
      'retry 3/3 continue interrupted',
      'text three',
      'complete One two three',
    ])
  })
})
