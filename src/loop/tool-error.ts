/**
 * The errors that a run throws to say more than that it failed.
 *
 * @module
 */

import { optionError } from '../base/option-error.js'

/**
 * An error whose words are for the model and the client. Throw it in `run` for what the model can
 * do something about.
 */
export class ToolError extends Error {
  static {
    this.prototype.name = 'ToolError'
  }

  constructor(message: string, options?: ErrorOptions) {
    if (typeof message !== 'string') throw optionError('message', message, 'a string')
    super(message, options)
  }

  /** Whether a value is a ToolError, of any copy of this package. */
  static is(value: unknown): value is ToolError {
    return value instanceof Error && value.name === 'ToolError'
  }
}

/**
 * An error of a call that may have been carried out although it failed. The result says so, and a
 * tool with `once` asks `onUncertain`.
 */
export class UncertainError extends Error {
  static {
    this.prototype.name = 'UncertainError'
  }

  /** Whether a value is an UncertainError, of any copy of this package. */
  static is(value: unknown): value is UncertainError {
    return value instanceof Error && value.name === 'UncertainError'
  }
}
