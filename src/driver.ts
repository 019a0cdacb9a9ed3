/**
 * What the author of a driver needs. A driver is an object with `provider`, `model` and an async generator `stream`.
 *
 * @module sluice/driver
 */

export { StreamError, type StreamErrorCode, type StreamErrorOptions } from './errors.js'
export type { StreamRequest } from './messages.js'
export type { Completion, Continuation, Driver, DriverContext, DriverYield } from './types.js'
