/**
 * Bodies with a content encoding.
 *
 * @module
 */

import type { Transform } from 'node:stream'
import type * as zlib from 'node:zlib'
import { type Flow, NodeBody } from './body.js'

/** More are refused: each one can make a small body a thousand times larger. */
const maxEncodings = 5

type Zlib = typeof zlib

// What is decoded comes out with each chunk, and a missing end is accepted: `fetch` does the same.
function decoderOf(encoding: string, { constants, ...create }: Zlib): Transform | undefined {
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = constants
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return create.createGunzip({ flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH })
    case 'deflate':
      return create.createInflate({ flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH })
    case 'br':
      return create.createBrotliDecompress({
        flush: BROTLI_OPERATION_FLUSH,
        finishFlush: BROTLI_OPERATION_FLUSH,
      })
    case 'zstd':
      // Node 22.15 and later.
      return create.createZstdDecompress?.()
    default:
      return undefined
  }
}

/** What the network writes a body into. */
export interface Intake {
  push(chunk: Uint8Array): void
  end(): void
  fail(error: unknown): void
}

/**
 * @returns the decoders, in the order in which a body passes through them. Empty for a body
 *   without an encoding, and for one that is unknown, which is left as it is.
 * @throws TypeError for too many encodings
 */
export function decodersOf(contentEncoding: string | null): Transform[] {
  if (contentEncoding === null) return []
  const encodings = contentEncoding.toLowerCase().split(',').toReversed()
  if (encodings.length > maxEncodings) {
    throw new TypeError(
      `A response has ${encodings.length} encodings; ${maxEncodings} are allowed.`,
    )
  }
  // Not imported, because bundlers for browsers follow the dynamic import of this module.
  const create = process.getBuiltinModule('node:zlib')
  const decoders: Transform[] = []
  for (const encoding of encodings) {
    const decoder = decoderOf(encoding.trim(), create)
    if (decoder === undefined) return []
    decoders.push(decoder)
  }
  return decoders
}

/** The body behind decoders, and what the network has to write into. */
export function decodedBody(
  decoders: readonly Transform[],
  flow: Flow,
  failed: (error: Error) => unknown,
): { body: NodeBody; intake: Intake } {
  const first = decoders[0] as Transform
  const last = decoders.at(-1) as Transform
  const body = new NodeBody({
    pause: () => last.pause(),
    resume: () => last.resume(),
    abort: (reason) => {
      first.destroy()
      flow.abort(reason)
    },
  })
  const onEnd = (error: Error | null | undefined): void => {
    if (!error) return
    body.fail(failed(error))
    flow.abort(error)
  }
  if (first === last) first.on('error', onEnd)
  else process.getBuiltinModule('node:stream').pipeline(decoders, onEnd)
  last.on('data', (chunk: Uint8Array) => body.push(chunk))
  last.on('end', () => body.end())
  first.on('drain', () => flow.resume())
  return {
    body,
    intake: {
      push: (chunk) => {
        if (!first.destroyed && !first.write(chunk)) flow.pause()
      },
      end: () => first.end(),
      fail: (error) => {
        body.fail(error)
        first.destroy()
      },
    },
  }
}
