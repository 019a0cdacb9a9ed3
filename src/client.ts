/**
 * Reads a stream back, in a browser or anywhere else.
 *
 * @module sluice/client
 */

export { Accumulator } from './accumulate.js'
export { type ConnectOptions, connect, type ReconnectOptions } from './client/connect.js'
export type { Reconnection } from './client/connection.js'
export { readStream } from './client/read.js'
export type { InterruptedStream, Resume } from './client/requests.js'
export { StreamError, type StreamErrorCode } from './errors.js'
export type { EventStream, StreamEvent } from './types.js'
