/**
 * Reads a stream back, in a browser or anywhere else.
 *
 * @module
 */

export { readStream } from './client/read.js'
export { StreamError, type StreamErrorCode } from './errors.js'
export type { EventStream, StreamEvent } from './types.js'
