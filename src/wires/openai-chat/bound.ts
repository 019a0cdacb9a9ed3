/**
 * A bound on what is kept of a stream until its end.
 *
 * @module
 */

import { StreamError } from '../../base/errors.js'

export class Bound {
  readonly #provider: string
  readonly #what: string
  readonly #max: number
  #length = 0

  /** @param max - in characters */
  constructor(provider: string, what: string, max: number = 16 * 1024 * 1024) {
    this.#provider = provider
    this.#what = what
    this.#max = max
  }

  /** @throws StreamError `protocol` beyond the bound */
  add(length: number): void {
    this.#length += length
    if (this.#length <= this.#max) return
    const message = `${this.#provider}: ${this.#what} is longer than the limit of ${this.#max} characters.`
    throw new StreamError('protocol', message, { provider: this.#provider })
  }
}
