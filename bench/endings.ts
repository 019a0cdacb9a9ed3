/**
 * What each library tells its reader when an answer does not end well: `npm run build && npm --prefix bench ci && npm --prefix bench run
 * endings`. Each runs with its own retries on, against the simulated provider: the first request fails, a second one is answered. It
 * prints a table as Markdown.
 *
 * Those that tell of failures by something other than a thrown error are read by that here.
 */

import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { chat, EventType } from '@tanstack/ai'
import { createAnthropicChat } from '@tanstack/ai-anthropic'
import { createOpenaiChatCompletions } from '@tanstack/ai-openai'
import { streamText } from 'ai'
import { createStream } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { compatible } from 'sluice/compatible'
import { type Fault, simulatedProvider } from 'sluice/testing'
import { contestants } from './contestants/index.ts'
import type { WireName } from './wires.ts'

const text = 'One two three four five six seven eight nine ten.'
const baseURL = 'http://provider/v1'
const apiKey = 'sk-any'
const content = 'Tell me about the fox.'

const endings: Record<string, Fault> = {
  '503 before the answer': { kind: 'status', status: 503 },
  'the connection breaks': { kind: 'cut', afterEvents: 6 },
  'the body ends without its marker': { kind: 'end', afterEvents: 6 },
  'an error inside the stream': { kind: 'error', afterEvents: 6 },
}

/** Gives the text, with what it says of the end in parentheses where it is not the whole one. */
type Read = (wire: WireName, fetch: typeof globalThis.fetch) => Promise<string>

const readers: Record<string, Read> = {
  sluice: async (wire, fetch) => {
    const options = { baseURL, model: 'any', apiKey, fetch }
    const driver = wire === 'openai' ? compatible(options) : anthropic(options)
    return createStream({ driver, prompt: content }).text()
  },
  // Errors are parts of its stream.
  ai: (wire, fetch) => readAi(wire, fetch, {}),
  'ai, with streamRetries': (wire, fetch) => readAi(wire, fetch, { streamRetries: 2 }),
  // So are these.
  'TanStack AI': async (wire, fetch) => {
    const adapter =
      wire === 'openai'
        ? createOpenaiChatCompletions('gpt-5.2', apiKey, { baseURL, fetch })
        : createAnthropicChat('claude-sonnet-4-5', apiKey, { baseURL, fetch })
    let read = ''
    for await (const chunk of chat({ adapter, messages: [{ role: 'user', content }] })) {
      if (chunk.type === EventType.TEXT_MESSAGE_CONTENT) read += chunk.delta
      else if (chunk.type === EventType.RUN_ERROR) throw new Error(chunk.message)
      else if (chunk.type === EventType.RUN_FINISHED && read !== text) {
        return `${read} (${chunk.finishReason ?? 'no reason'})`
      }
    }
    return read
  },
}

async function readAi(
  wire: WireName,
  fetch: typeof globalThis.fetch,
  options: { streamRetries?: number },
): Promise<string> {
  const model =
    wire === 'openai'
      ? createOpenAICompatible({ name: 'provider', baseURL, apiKey, fetch }).chatModel('any')
      : createAnthropic({ baseURL, apiKey, fetch })('any')
  const onError = (): void => {}
  let read = ''
  for await (const part of streamText({ model, prompt: content, onError, ...options }).stream) {
    if (part.type === 'text-delta') read += part.text
    else if (part.type === 'error') throw part.error
    else if (part.type === 'finish' && read !== text) return `${read} (${part.finishReason})`
  }
  return read
}

/** The others, as the benchmarks read them. */
for (const { name, open } of contestants) {
  readers[name] ??= async (wire, fetch) => {
    let read = ''
    await open(
      wire,
      fetch,
    )((piece) => {
      read += piece
    })
    return read
  }
}

/** What the reader is told of an answer whose first attempt fails. */
async function told(fault: Fault, wire: WireName, read: Read): Promise<string> {
  const provider = simulatedProvider({ paceMs: 0, answer: [{ text, fault }, text] })
  const limit = new Promise<string>((_, reject) => {
    setTimeout(() => reject(new Error('nothing within 20 s')), 20_000).unref()
  })
  try {
    const [, said = '', reason] =
      /^(.*?)(?: \((.*)\))?$/.exec(await Promise.race([read(wire, provider.fetch), limit])) ?? []
    const again = provider.requests.length > 1 ? 'asked again: ' : ''
    if (said === text) return `${again}whole`
    if (said.endsWith(text)) return `${again}whole, after the half that failed`
    return `${again}half, as an end${reason === undefined ? '' : `, finish reason ${reason}`}`
  } catch (error) {
    const message = error instanceof Error ? error.message : JSON.stringify(error)
    return `error: ${message.slice(0, 40).replaceAll('|', ' ')}`
  }
}

// Some libraries log what they have caught.
for (const level of ['error', 'warn', 'debug'] as const) console[level] = () => {}
for (const wire of ['openai', 'anthropic'] as const) {
  console.log(`\n| ${wire} | ${Object.keys(endings).join(' | ')} |\n${'| --- '.repeat(5)}|`)
  for (const [name, read] of Object.entries(readers)) {
    // The floor and the bare reader guard against nothing, and one reader of ours is enough.
    if (/^(floor|reader|sluice,)/.test(name)) continue
    const cells: string[] = []
    for (const fault of Object.values(endings)) cells.push(await told(fault, wire, read))
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
}
process.exit(0)
