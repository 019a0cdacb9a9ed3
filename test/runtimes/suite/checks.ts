/**
 * What a user relies on in every runtime. Each check throws if it does not hold; none knows which runtime it is in.
 */

import {
  createStream,
  type Driver,
  type StreamEvent,
  type StreamOptions,
  sse,
  toReadableStream,
  toResponse,
} from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { readStream } from 'sluice/client'
import { compatible } from 'sluice/compatible'
import { gemini } from 'sluice/gemini'
import { openai } from 'sluice/openai'

/** What the provider has seen of one request. */
interface Seen {
  sent: number
  closed: 'finished' | 'aborted' | null
  closedAt: number | null
}

export type Check = (provider: string) => Promise<void>

const model = 'any'
const apiKey = 'any'
const prompt = 'Hello from a runtime'

/** The option `fetch` of all drivers. */
let transport: { fetch?: typeof globalThis.fetch } = {}

function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

async function collect(stream: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}

/** Asks the chat wire by fetch, with a mark that the provider finds the request by. */
function marked(provider: string, fault?: string): { driver: Driver; seen: () => Promise<Seen> } {
  const mark = `m${Math.random().toString(36).slice(2)}`
  const headers: Record<string, string> = { 'x-mark': mark }
  if (fault !== undefined) headers['x-simulated-fault'] = fault
  return {
    driver: compatible({ baseURL: `${provider}/v1`, model, apiKey, headers, ...transport }),
    seen: async () => (await fetch(`${provider}/seen/${mark}`)).json() as Promise<Seen>,
  }
}

async function whole(driver: Driver): Promise<void> {
  const complete = await createStream({ driver, prompt }).final()
  assert(complete.text.includes(prompt), `the answer does not quote the prompt: ${complete.text}`)
  assert(complete.text.includes('🌊'), 'the answer lost its last character')
  assert((complete.usage.outputTokens ?? 0) > 20, 'the usage is missing')
}

/** What this needs is loaded when it is asked for. */
async function structured(driver: Driver): Promise<void> {
  const list = { type: 'array', items: { type: 'string' }, minItems: 1 }
  const { output } = await createStream({ driver, prompt, output: list }).final()
  assert(Array.isArray(output) && typeof output[0] === 'string', JSON.stringify(output))
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 5_000
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within 5 s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The provider has noticed that nobody reads any more, and soon. */
async function closedSoon(seen: () => Promise<Seen>, leftAt: number): Promise<void> {
  await until('the end of the request', async () => (await seen()).closed !== null)
  const { closed, closedAt } = await seen()
  assert(closed === 'aborted', `the provider sent everything: ${closed}`)
  const lateMs = (closedAt ?? 0) - leftAt
  assert(lateMs < 1_000, `the provider noticed it ${lateMs} ms late`)
}

export const checks: Record<string, Check> = {
  'openai (SDK)': (provider) =>
    whole(openai({ baseURL: `${provider}/v1`, model, apiKey, ...transport })),

  'openai, Responses (SDK)': (provider) =>
    whole(openai({ api: 'responses', baseURL: `${provider}/v1`, model, apiKey, ...transport })),

  'anthropic (SDK)': (provider) =>
    whole(anthropic({ baseURL: provider, model, apiKey, ...transport })),

  gemini: (provider) =>
    whole(gemini({ baseURL: `${provider}/v1beta`, model, apiKey, ...transport })),

  compatible: (provider) => whole(marked(provider).driver),

  'start, content, complete': async (provider) => {
    const events = await collect(createStream({ driver: marked(provider).driver, prompt }))
    const types = events.map(({ type }) => type)
    assert(types[0] === 'start' && types.at(-1) === 'complete', types.join(' '))
    assert(
      types.slice(1, -1).every((type) => type === 'content'),
      types.join(' '),
    )
  },

  'structured output': async (provider) => {
    await structured(marked(provider).driver)
    await structured(gemini({ baseURL: `${provider}/v1beta`, model, apiKey, ...transport }))
  },

  'structured output (SDKs)': async (provider) => {
    await structured(openai({ baseURL: `${provider}/v1`, model, apiKey, ...transport }))
    await structured(
      openai({ api: 'responses', baseURL: `${provider}/v1`, model, apiKey, ...transport }),
    )
    await structured(anthropic({ baseURL: provider, model, apiKey, ...transport }))
  },

  'retry after a cut': async (provider) => {
    const { driver } = marked(provider, `cut=4; once=${Math.random()}`)
    const retry = { minDelayMs: 0, maxDelayMs: 0 }
    const events = await collect(createStream({ driver, prompt, retry }))
    const retried = events.find((event) => event.type === 'retry')
    assert(retried?.mode === 'restart', 'there is no retry event')
    const last = events.at(-1)
    assert(last?.type === 'complete' && last.attempts === 2, JSON.stringify(last))
    assert(last.text.includes(prompt), 'the second answer is not whole')
  },

  'a cut is an error': async (provider) => {
    const { driver } = marked(provider, 'cut=4')
    const last = (await collect(createStream({ driver, prompt, retry: false }))).at(-1)
    assert(last?.type === 'error', JSON.stringify(last))
    assert(['network', 'interrupted'].includes(last.error.code), last.error.message)
    assert(last.error.retryable, 'it is not retryable')
  },

  'an end without marker is interrupted': async (provider) => {
    const { driver } = marked(provider, 'end=4')
    const last = (await collect(createStream({ driver, prompt, retry: false }))).at(-1)
    assert(last?.type === 'error' && last.error.code === 'interrupted', JSON.stringify(last))
  },

  'a status is its error': async (provider) => {
    const { driver } = marked(provider, 'status=401')
    const last = (await collect(createStream({ driver, prompt }))).at(-1)
    assert(last?.type === 'error' && last.error.code === 'auth', JSON.stringify(last))
  },

  'a stall times out': async (provider) => {
    const { driver, seen } = marked(provider, 'stall=4')
    const options: StreamOptions = { driver, prompt, retry: false, timeout: { chunkMs: 200 } }
    const last = (await collect(createStream(options))).at(-1)
    assert(last?.type === 'error' && last.error.code === 'timeout', JSON.stringify(last))
    await until('the end of the request', async () => (await seen()).closed === 'aborted')
  },

  'abort closes upstream': async (provider) => {
    const { driver, seen } = marked(provider, 'stall=4')
    const controller = new AbortController()
    const stream = createStream({ driver, prompt, signal: controller.signal })
    let leftAt = 0
    let last: StreamEvent | undefined
    for await (const event of stream) {
      last = event
      if (event.type === 'content' && leftAt === 0) {
        leftAt = Date.now()
        setTimeout(() => controller.abort(), 1)
      }
    }
    assert(last?.type === 'error' && last.error.code === 'aborted', JSON.stringify(last))
    await closedSoon(seen, leftAt)
  },

  'break closes upstream': async (provider) => {
    const { driver, seen } = marked(provider, 'stall=4')
    for await (const event of createStream({ driver, prompt })) if (event.type === 'content') break
    await closedSoon(seen, Date.now())
  },

  'cancelling a body closes upstream': async (provider) => {
    const { driver, seen } = marked(provider, 'stall=4')
    const response = await toResponse(createStream({ driver, prompt }), sse())
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.read()
    await reader?.cancel()
    await closedSoon(seen, Date.now())
  },

  'SSE out and back': async (provider) => {
    const { driver } = marked(provider)
    const response = await toResponse(createStream({ driver, prompt }), sse())
    assert(response.headers.get('content-type')?.startsWith('text/event-stream'), 'content type')
    const events = await collect(readStream(response))
    const last = events.at(-1)
    assert(events[0]?.type === 'start' && last?.type === 'complete', JSON.stringify(last))
    const text = events
      .map((event) => (event.type === 'content' && event.kind === 'text' ? event.text : ''))
      .join('')
    assert(text === last.text && text.includes('🌊'), `${text} is not ${last.text}`)
  },

  'back-pressure': async (provider) => {
    const { driver, seen } = marked(provider)
    // A body of megabytes: more than sockets and queues hold.
    const body = toReadableStream(createStream({ driver, prompt: 'long', timeout: false }), sse())
    const reader = body.getReader()
    await reader.read()
    await reader.read()
    let before = -1
    await until('the provider being held back', async () => {
      const { sent } = await seen()
      const still = sent === before && sent > 0
      before = sent
      if (!still) await new Promise((resolve) => setTimeout(resolve, 300))
      return still
    })
    const { closed, sent } = await seen()
    assert(closed === null, `nobody reads, and the provider has sent all ${sent} events`)
    await reader.cancel()
    await until('the end of the request', async () => (await seen()).closed === 'aborted')
  },
}

/**
 * Runs all, one after the other; what went wrong by name, null for what holds.
 *
 * @param fetch - the option of all drivers
 */
export async function runChecks(
  provider: string,
  fetch?: typeof globalThis.fetch,
): Promise<Record<string, string | null>> {
  transport = fetch === undefined ? {} : { fetch }
  const results: Record<string, string | null> = {}
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(provider)
      results[name] = null
    } catch (error) {
      results[name] = error instanceof Error ? error.message : String(error)
    }
  }
  return results
}
