/**
 * Finish reasons that are failures.
 *
 * Some servers end an answer that broke off with the name of an error as its finish reason, without
 * an error object: Mistral, OpenRouter and vLLM; DeepSeek; Z.ai; gateways that translate the error
 * event of another protocol (Portkey). The text until then is not an answer.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import { providerError } from '../http/provider-error.js'

const failures =
  /(error|exception|fail(ed|ure)|overloaded|unavailable|timeout|timed_out|abort(ed)?|cancell?ed|interrupted|too_large|rate_limit(ed|_exceeded)?|exhausted|throttled)$|^(insufficient|quota)_/

/**
 * The error that a finish reason names.
 *
 * @param finish - in lower case; one that means a whole answer, such as
 *   `model_context_window_exceeded`, has to be sorted out before
 * @returns undefined if it names none
 */
export function finishFailure(provider: string, finish: string): StreamError | undefined {
  if (!failures.test(finish)) return undefined
  const message = `The answer ended with the finish reason "${finish}".`
  return providerError({ provider, body: { message, code: finish } })
}
