/**
 * The lazy boundary of structured output. Most requests have none, so the code that reads and
 * validates it is loaded by the first request that has, before it is sent.
 *
 * @module
 */

import type { StreamRequest } from '../../base/request.js'
import type { OutputSchema } from '../../base/schema.js'
import { PromisedSource } from '../../pull/promised-source.js'
import type { Source } from '../../pull/source.js'
import type { OutputReading } from './output-reading.js'

/** How a driver of its own kind requests the output is not known, so its answer is read leniently. */
const unknownReading: OutputReading = { wrapped: false, lenient: true }

/**
 * The source with its output validated; the source itself if the request has no `output`.
 *
 * @param plan - how the output is requested, and so how the answer is read; undefined if the driver
 *   decides that
 */
export function readOutput<Plan extends OutputReading>(
  request: StreamRequest,
  provider: string,
  plan: ((output: OutputSchema, request: StreamRequest) => Plan) | undefined,
  open: (plan: Plan | undefined) => Source,
): Source {
  const { output } = request
  if (output === undefined) return open(undefined)
  return new PromisedSource(async () => {
    const { OutputSource } = await import('./output-source.js')
    const planned = plan?.(output, request)
    return new OutputSource(open(planned), request, provider, planned ?? unknownReading)
  })
}
