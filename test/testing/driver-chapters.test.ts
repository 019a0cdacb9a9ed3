import { describe, expect, test } from 'vitest'
import type { Completion, Driver, DriverYield } from '../../src/base/driver.js'
import type { Message, OutputPart } from '../../src/base/messages.js'
import type { StreamRequest } from '../../src/base/request.js'
import { type DriverChapters, scripted, testDriver } from '../../src/entries/testing.js'

type Json = Record<string, unknown>

/** What is wrong with a driver. */
type Fault =
  | 'no block'
  | 'late block'
  | 'partial at the end'
  | 'moved block'
  | 'changed block'
  | 'block is lost'
  | 'block of others is sent'
  | 'partial block is sent'
  | 'no pause'
  | 'answer is lost'
  | 'no raw usage'
  | 'no request id'
  | 'no rate limits'
  | 'no options'
  | 'options of others are sent'
  | 'no images'

const origin = 'mine/me'
const block = { type: 'search', query: 'a' }

/** A driver in memory, whose bodies are its messages and its options. */
function double(
  answers: readonly { events?: DriverYield[]; text: string; completion?: Partial<Completion> }[],
  fault: Fault | undefined,
): { driver: Driver; requests: () => unknown[] } {
  const requests: Json[] = []
  async function* stream(request: StreamRequest): AsyncGenerator<DriverYield, Completion, void> {
    requests.push(bodyOf(request, fault))
    const {
      text,
      events = [],
      completion,
    } = answers[Math.min(requests.length, answers.length) - 1] ?? {
      text: '',
    }
    yield { type: 'content', kind: 'text', index: 0, text }
    yield* events
    return { finishReason: 'stop', usage: {}, ...completion }
  }
  const driver: Driver = { provider: 'mine', model: 'm', stream: (request) => stream(request) }
  return { driver, requests: () => requests }
}

function bodyOf({ messages = [], providerOptions = {} }: StreamRequest, fault?: Fault): Json {
  const options =
    fault === 'options of others are sent' ? providerOptions : { mine: providerOptions.mine }
  return {
    messages: messages.map(({ content }) =>
      typeof content === 'string'
        ? content
        : (content as Message['content'] as readonly OutputPart[]).flatMap((part) =>
            sent(part, fault),
          ),
    ),
    ...(fault === 'no options' ? {} : options),
  }
}

function sent(part: OutputPart, fault: Fault | undefined): unknown[] {
  const { type } = part
  if (type === 'text') return fault === 'answer is lost' ? [] : [part.text]
  if ((type as string) === 'tool-result') {
    const { output, content } = part as unknown as Json
    return fault === 'no images' ? [output] : [output, content]
  }
  if (type !== 'provider') return [type]
  const isOwn = part.origin === origin || fault === 'block of others is sent'
  const isWhole = !part.partial || fault === 'partial block is sent'
  return isOwn && isWhole && fault !== 'block is lost' ? [part.data] : []
}

function blockEvents(fault: Fault | undefined): DriverYield[] {
  const shown = { type: 'content', kind: 'provider', index: 1, name: 'search', origin } as const
  const early = { ...shown, data: { type: 'search' }, partial: true as const }
  const whole = { ...shown, data: fault === 'changed block' ? { ...block, more: 1 } : block }
  switch (fault) {
    case 'no block':
      return []
    case 'late block':
      return [whole]
    case 'partial at the end':
      return [early, { ...whole, partial: true }]
    case 'moved block':
      return [early, { ...whole, index: 2 }]
    default:
      return [early, whole]
  }
}

function chaptersOf(fault?: Fault): DriverChapters {
  return {
    block: ({ text }) => ({
      ...double([{ text, events: blockEvents(fault) }, { text }], fault),
      block,
    }),
    pause: ({ text, rest }) => {
      const completion = { finishReason: fault === 'no pause' ? 'stop' : 'pause' } as const
      return double([{ text, completion }, { text: rest }], fault)
    },
    details: ({ text, headers, rawUsage }) => {
      const response = {
        ...(fault === 'no request id' ? {} : { requestId: headers['x-request-id'] as string }),
        ...(fault === 'no rate limits' ? {} : { headers }),
      }
      const raw = fault === 'no raw usage' ? {} : { usage: rawUsage }
      return double([{ text, completion: { raw, response } }], fault)
    },
    options: ({ text }) => double([{ text }], fault),
    images: ({ text }) => double([{ text }], fault),
  }
}

/** The names of the failed tests of the chapters, and their messages. */
async function failures(chapters: DriverChapters): Promise<Record<string, string>> {
  const runs: [string, () => Promise<void>][] = []
  testDriver({
    name: 'double',
    test: (name, run) => runs.push([name.replace('double: ', ''), run]),
    driver: () => scripted(['a']),
    chapters,
  })
  const failed: Record<string, string> = {}
  // The tests of every driver come first.
  for (const [name, run] of runs.slice(11)) {
    await run().catch((error: unknown) => {
      failed[name] = error instanceof Error ? error.message : String(error)
    })
  }
  return failed
}

const shows = "shows a block of the provider's own early and keeps it whole"
const returns = "returns the provider's own block unchanged, and no block of another"
const pauses = 'pauses, and continues an answer that is sent back'
const details = 'returns the usage as it was sent, the request id and the rate limits'
const options = 'sends its own providerOptions and no others'
const images = 'sends images in the result of a tool'

const faults: [Fault, sentences: string[], message: string][] = [
  ['no block', [shows, returns], 'there must be provider content'],
  ['late block', [shows], 'must be shown with partial: true'],
  ['partial at the end', [shows, returns], 'must be whole at the end'],
  ['moved block', [shows], 'must be whole at the end'],
  ['changed block', [shows, returns], 'there must be provider content'],
  ['block is lost', [returns], 'the second request must hold'],
  ['block of others is sent', [returns], 'a block of another maker must not be sent'],
  ['partial block is sent', [returns], 'never came whole must not be sent'],
  ['no pause', [pauses], 'finishReason must be "pause"'],
  ['answer is lost', [pauses], 'must hold the answer'],
  ['no raw usage', [details], 'raw.usage must hold'],
  ['no request id', [details], 'requestId must be'],
  ['no rate limits', [details], 'must hold the rate limits'],
  ['no options', [options], 'the request must hold'],
  ['options of others are sent', [options], 'must not be sent'],
  ['no images', [images], 'the request must hold'],
]

describe('the chapters of testDriver()', () => {
  test('the chapters of testDriver() pass a driver that can do all of it', async () => {
    expect(await failures(chaptersOf())).toEqual({})
  })

  test('a block that comes at once need not be shown early', async () => {
    const { block: late } = chaptersOf('late block')
    const atOnce: DriverChapters['block'] = async (scenario) => {
      const setup = await late?.(scenario)
      if (setup === undefined) throw new Error('The double has a block.')
      return { ...setup, atOnce: true }
    }
    expect(await failures({ block: atOnce })).toEqual({})
  })

  test.each(faults)(
    'the chapters of testDriver() detect: %s',
    async (fault, sentences, message) => {
      const failed = await failures(chaptersOf(fault))
      expect(Object.keys(failed)).toEqual(sentences)
      expect(failed[sentences[0] as string]).toContain(message)
    },
  )

  test('a chapter that is left out has no tests, and a misspelt one is refused', () => {
    const names: string[] = []
    const set = { name: 'd', test: (name: string) => names.push(name), driver: () => scripted([]) }
    testDriver({ ...set, chapters: { images: chaptersOf().images } } as never)
    expect(names).toHaveLength(12)
    expect(names.at(-1)).toBe(`d: ${images}`)
    expect(() => testDriver({ ...set, chapters: { image: () => {} } } as never)).toThrow(
      /chapters\.image|"image"/,
    )
  })
})
