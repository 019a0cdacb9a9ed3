/**
 * Where structured output is asked for. Most requests never do, so what plans, reads and validates it is loaded by the first that does,
 * before that request is sent.
 *
 * @module
 */

import { Accumulator } from '../accumulate.js'
import type { OutputSchema, StreamRequest } from '../messages.js'
import type { OutputReading } from './output.js'
import { PromisedSource } from './promised.js'
import type { Source } from './pull.js'

/**
 * The source with its output checked; as it is where the request asks for none.
 *
 * @param plan - how the output is asked for, and so how the answer is to be read
 */
export function readOutput<Plan extends OutputReading>(
  request: StreamRequest,
  provider: string,
  plan: (output: OutputSchema, request: StreamRequest) => Promise<Plan>,
  open: (plan: Plan | undefined) => Source,
): Source {
  const { output } = request
  if (output === undefined) return open(undefined)
  return new PromisedSource(async () => {
    const [{ OutputSource }, planned] = await Promise.all([
      import('./output.js'),
      plan(output, request),
    ])
    // Handed in: a module that is imported from both sides is bundled apart from either.
    return new OutputSource(open(planned), output, provider, planned, new Accumulator())
  })
}
