/**
 * The controller of a request in undici 6, which has functions in its place.
 *
 * @module
 */

import type { Controller } from './dispatcher.js'

export class LegacyController implements Controller {
  readonly abort: (reason: Error) => void
  isPaused = false
  rawHeaders: unknown
  #resume: (() => void) | undefined

  constructor(abort: (reason: Error) => void) {
    this.abort = abort
  }

  /** The response has begun. */
  begin(rawHeaders: unknown, resume: () => void): void {
    this.rawHeaders = rawHeaders
    this.#resume = resume
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.#resume?.()
  }
}
