/**
 * Where structured output is asked for. Most requests never do, so what plans, reads and validates it is loaded by the first that does,
 * before that request is sent.
 *
 * @module
 */

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
  { output }: StreamRequest,
  provider: string,
  plan: (output: OutputSchema) => Promise<Plan>,
  open: (plan?: Plan) => Source,
): Source {
  if (output === undefined) return open()
  return new PromisedSource(async () => {
    const [{ OutputSource }, planned] = await Promise.all([import('./output.js'), plan(output)])
    return new OutputSource(open(planned), output, provider, planned)
  })
}
