/**
 * Everything the author of a driver needs: `httpDriver()` for a provider over HTTP, and the types
 * of a driver that is an async generator.
 *
 * @module sluice/driver
 */

export {
  type HttpDriverOptions,
  httpDriver,
  type SendContext,
} from '../attempt/http-driver.js'
export type { OutputReading } from '../attempt/structured-output/output-reading.js'
export type {
  Completion,
  Continuation,
  Driver,
  DriverContext,
  DriverYield,
  Fetch,
} from '../base/driver.js'
export { StreamError, type StreamErrorCode, type StreamErrorOptions } from '../base/errors.js'
export type { ContentEvent, FinishReason, RawEnd, ResponseDetails, Usage } from '../base/events.js'
export { toJsonSchema } from '../base/json-schema.js'
export type { CacheMark, ForProviders, Message, OptionsByProvider } from '../base/messages.js'
export type { ReasoningEffort, StreamRequest, Tool } from '../base/request.js'
export type { JsonSchema, OutputSchema, StandardJsonSchema } from '../base/schema.js'
export { awsEventStream } from '../http/aws-event-stream.js'
export type { BackgroundResponses } from '../http/background.js'
export type { BodyFraming, FrameReader, Framing } from '../http/framing.js'
export { type ProviderErrorInput, providerError } from '../http/provider-error.js'
export type { ResponsePosition, WireDecoder } from '../http/wire-decoder.js'
