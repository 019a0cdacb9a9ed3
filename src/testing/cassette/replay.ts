/**
 * Plays a cassette, and fails on request.
 *
 * @module
 */

import {
  checkOptions,
  checkValue,
  isText,
  list,
  oneOf,
  type Rules,
  required,
  rule,
} from '../../base/check-options.js'
import { isRecord } from '../../base/read-json.js'
import { refused, terminated } from '../providers/fetch-error.js'
import { bytesOf, type Cassette, type Interaction, parseCassette } from './cassette-file.js'
import { ReplayBody } from './replay-body.js'
import { checkReplayFault, type ReplayFault } from './replay-fault.js'

/** Options of `replay()`. */
export interface ReplayOptions {
  /**
   * `recorded` keeps the delays between chunks, `none` never waits.
   *
   * @default 'none'
   */
  pace?: 'recorded' | 'none'
  /**
   * The fault of each request, in their order. None for null, and after the end of the list.
   *
   * @default []
   */
  faults?: readonly (ReplayFault | null)[]
}

const cassetteRule = required(
  rule('a path, or the content of a cassette', (value) => isText(value) || isRecord(value)),
)

const rules: Rules<ReplayOptions> = { pace: oneOf('recorded', 'none'), faults: list }

/**
 * A `fetch` that answers from a cassette, without a network. Each request gets the next recorded
 * answer to its method and URL; query, headers and body are ignored. The last answer repeats, so
 * that a retry gets one too.
 *
 * @param cassette - the file that `record` wrote (on Node), or its content
 * @returns the `fetch`; it rejects for a request that was not recorded, and names those that were
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const fetch = replay('test/cassettes/hello.json', { faults: [{ kind: 'cut', afterBytes: 900 }] })
 * const driver = openai({ model: 'gpt-5.5', apiKey: 'any', fetch })
 * ```
 */
export function replay(
  cassette: string | Cassette,
  options: ReplayOptions = {},
): (input: string | URL | Request, init?: RequestInit) => Promise<Response> {
  checkValue('replay.cassette', cassette, cassetteRule)
  checkOptions('replay', options, rules)
  const { pace = 'none', faults = [] } = options
  for (const [position, fault] of faults.entries()) {
    if (fault !== null) checkReplayFault(`replay.faults[${position}]`, fault)
  }
  let loading: Promise<Cassette> | undefined
  const played = new Map<string, number>()
  let count = 0
  return async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    signal?.throwIfAborted()
    const url = new URL(input instanceof Request ? input.url : input)
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
    const fault = faults[count++] ?? undefined
    loading ??= load(cassette)
    const interaction = choose(await loading, `${method} ${url.origin}${url.pathname}`, played)
    if (fault?.kind === 'refuse' || interaction.response === undefined) throw refused()
    if (fault?.kind === 'status') {
      return new Response(fault.body ?? '', { status: fault.status, headers: fault.headers ?? {} })
    }
    const { status, headers, chunks, end } = interaction.response
    const timed = chunks.map((chunk) => ({
      bytes: bytesOf(chunk),
      afterMs: pace === 'recorded' ? chunk.afterMs : 0,
    }))
    const body = new ReadableStream(
      new ReplayBody(
        timed,
        end === 'complete' ? undefined : terminated,
        fault,
        signal ?? undefined,
      ),
      { highWaterMark: 0 },
    )
    const empty = status === 204 || status === 304
    return new Response(empty ? null : body, { status, headers: playable(headers) })
  }
}

/** The body is recorded as it was read, so it is not compressed and may have another length. */
function playable(headers: Record<string, string>): Headers {
  const result = new Headers(headers)
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding'])
    result.delete(name)
  return result
}

function choose(cassette: Cassette, asked: string, played: Map<string, number>): Interaction {
  const recorded = cassette.interactions.filter(({ request }) => nameOf(request) === asked)
  const turn = played.get(asked) ?? 0
  const interaction = recorded[Math.min(turn, recorded.length - 1)]
  if (interaction === undefined) {
    const names = new Set(cassette.interactions.map(({ request }) => nameOf(request)))
    throw new TypeError(
      `The cassette has no answer to ${asked}. It has: ${[...names].join(', ') || 'none'}. Record it again.`,
    )
  }
  played.set(asked, turn + 1)
  return interaction
}

function nameOf({ method, url }: Interaction['request']): string {
  const { origin, pathname } = new URL(url)
  return `${method} ${origin}${pathname}`
}

async function load(cassette: string | Cassette): Promise<Cassette> {
  if (typeof cassette === 'object') return cassette
  const { readFile } = await import('node:fs/promises')
  return parseCassette(await readFile(cassette, 'utf8'), cassette)
}
