/**
 * Events as the UI message stream of the AI SDK.
 *
 * @module
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */

import { checkOptions, func, oneOf, type Rules, string } from '../base/check-options.js'
import type { CompleteEvent } from '../base/events.js'
import type { Format } from '../base/stream-format.js'
import { AiSdkEncoder } from './ai-sdk-encoder.js'
import { protocols } from './ai-sdk-protocols.js'
import { errorJson } from './error-json.js'
import { type StreamFormatOptions, streamFormatRules, streamSettings } from './options.js'
import { eventStream } from './server-sent-events.js'

/** Options of `aiSdk()`. */
export interface AiSdkOptions extends StreamFormatOptions {
  /**
   * The major version of `ai` on the page.
   * @default 7
   */
  version?: 5 | 6 | 7
  /**
   * The id of the message that is written. If the answer continues the last message, like after a
   * tool result, it MUST be the id of that message.
   * @default the id of the stream; for an answer that continues the last message, that message's own
   */
  messageId?: string
  /**
   * Returns the metadata of the finished message; undefined for none.
   * @default the model that answered and its usage
   */
  metadata?: (event: CompleteEvent) => unknown
}

const rules: Rules<AiSdkOptions> = {
  ...streamFormatRules,
  version: oneOf(5, 6, 7),
  messageId: string,
  metadata: func,
}

/**
 * For `useChat()` of `@ai-sdk/react` and the other packages of `ai` 5, 6 and 7. A restart is
 * `reset-step`, which removes the parts of the failed step from the message. Each retry is also sent
 * as a transient part `data-retry`, for `onData`. Tool calls are sent once their step is complete,
 * and before their results. Calls that wait for approval become `tool-approval-request`;
 * `fromUiMessages()` reads the answers. A cancelled stream ends in `abort` and the finish reason
 * `interrupted`, any other failure in `error`; the message then has a part `data-message` with the
 * status `partial`.
 *
 * The message has the id of the stream, so a page that loads a stored conversation and follows the
 * stream from its beginning replaces the message.
 *
 * Earlier versions lack some of this. In 5 and 6 nothing can be removed, so a restart after content
 * of the step is an `error` with the sentence for `retracted`, and the finish reason of a cancelled
 * stream is `error`. In 5 a call that waits for approval is a part `data-approval`: the page answers
 * by setting its data to `{ toolCallId, approved, reason }`. A call that was not allowed is one that
 * failed.
 *
 * @throws TypeError for an invalid option
 */
export function aiSdk(options: AiSdkOptions = {}): Format {
  checkOptions('aiSdk', options, rules)
  const { version = 7, messageId, metadata = defaultMetadata } = options
  const settings = streamSettings(options)
  const { exposeErrors } = settings
  return eventStream(settings, {
    headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
    encoder: () =>
      new AiSdkEncoder({ protocol: protocols[version], messageId, metadata, exposeErrors }),
    // The client uses the body as the message of its error.
    failure: (error) => ({
      contentType: 'text/plain; charset=utf-8',
      body: errorJson(error, exposeErrors).message,
    }),
  })
}

function defaultMetadata({ model, usage }: CompleteEvent): unknown {
  return { model, usage }
}
