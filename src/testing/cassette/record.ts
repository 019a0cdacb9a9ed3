/**
 * Records what goes over a `fetch`.
 *
 * @module
 */

import {
  checkOptions,
  checkValue,
  func,
  type Rules,
  required,
  text as textRule,
} from '../../base/check-options.js'
import type { Fetch } from '../../base/driver.js'
import { type Cassette, type CassetteChunk, type Interaction, toChunk } from './cassette-file.js'
import { scrub } from './scrub.js'

/** What `record()` takes. */
export interface RecordOptions {
  /**
   * Changes each text before it is written: names, addresses, whatever has to stay private. Keys and cookies are taken out without it.
   * @default nothing more
   */
  scrub?: (text: string) => string
}

/** A `fetch` that writes down what it does. */
export interface RecordingFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>
  /**
   * Resolves when all responses so far have ended and are in the file: they have to be read to their end, or cancelled. It rejects if
   * the file cannot be written.
   */
  saved(): Promise<void>
}

const rules: Rules<RecordOptions> = { scrub: func }

/**
 * A `fetch` that passes everything through and writes it to a cassette, bytes and timing, for `replay` to play again. The file is
 * written anew, on Node, whenever a response has ended. Keys and cookies are not in it.
 *
 * @param fetch - the real one
 * @throws TypeError for a bad option
 * @example
 * ```ts
 * const recording = record(fetch, 'test/cassettes/hello.json')
 * await createStream({ driver: openai({ model: 'gpt-5.5', fetch: recording }), prompt: 'Hello!' }).text()
 * await recording.saved()
 * ```
 */
export function record(fetch: Fetch, file: string, options: RecordOptions = {}): RecordingFetch {
  checkValue('record.fetch', fetch, required(func, 'a function like fetch'))
  checkValue('record.file', file, required(textRule, 'a path'))
  checkOptions('record', options, rules)
  const { scrub: further = (text) => text } = options
  const interactions: Interaction[] = []
  const finished = new Set<Interaction>()
  let saving = Promise.resolve()
  const waiting: (() => void)[] = []

  const save = (interaction: Interaction): void => {
    finished.add(interaction)
    const ended = interactions.filter((each) => finished.has(each))
    const cassette: Cassette = {
      version: 1,
      interactions: ended.map((each) => scrub(each, further)),
    }
    saving = saving.then(() => write(file, `${JSON.stringify(cassette, null, 2)}\n`))
    // Whoever asks with saved() is told.
    saving.catch(() => {})
    for (const resolve of waiting.splice(0)) resolve()
  }

  const saved = async (): Promise<void> => {
    while (finished.size < interactions.length) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
      })
    }
    return saving
  }

  const recording = async (
    input: string | URL | Request,
    init?: RequestInit,
  ): Promise<Response> => {
    // Without the signal: a Request would add a listener of its own to it.
    const request = new Request(input, { ...init, signal: null })
    const interaction: Interaction = {
      request: {
        method: request.method,
        url: request.url,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      },
    }
    interactions.push(interaction)
    try {
      return tap(await fetch(input, init), interaction, () => save(interaction))
    } catch (error) {
      interaction.failure = String(error)
      save(interaction)
      throw error
    }
  }
  return Object.assign(recording, { saved })
}

/** The same response, whose body is written down while it is read. */
function tap(response: Response, interaction: Interaction, onEnd: () => void): Response {
  const chunks: CassetteChunk[] = []
  const { status } = response
  const headers = Object.fromEntries(response.headers)
  const end = (how: 'complete' | 'failed' | 'left'): void => {
    interaction.response = { status, headers, chunks, end: how }
    onEnd()
  }
  if (response.body === null) {
    end('complete')
    return response
  }
  const reader = response.body.getReader()
  let last = performance.now()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) {
            end('complete')
            controller.close()
            return
          }
          const now = performance.now()
          chunks.push(toChunk(value, Math.round(now - last)))
          last = now
          controller.enqueue(value)
        } catch (error) {
          end('failed')
          controller.error(error)
        }
      },
      cancel(reason) {
        end('left')
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  const { statusText } = response
  return new Response(body, { status, statusText, headers: response.headers })
}

/** In one step, so that nobody ever reads half a cassette. */
async function write(file: string, text: string): Promise<void> {
  const { mkdir, rename, writeFile } = await import('node:fs/promises')
  const { dirname } = await import('node:path')
  await mkdir(dirname(file), { recursive: true })
  const unfinished = `${file}.new`
  await writeFile(unfinished, text)
  await rename(unfinished, file)
}
