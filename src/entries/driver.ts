/**
 * What the author of a driver needs. A driver is an object with `provider`, `model` and an async generator `stream`.
 *
 * @module sluice/driver
 */

export type {
  Completion,
  Continuation,
  Driver,
  DriverContext,
  DriverYield,
} from '../base/driver.js'
export { StreamError, type StreamErrorCode, type StreamErrorOptions } from '../base/errors.js'
export type { StreamRequest } from '../base/request.js'
