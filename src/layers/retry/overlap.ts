/**
 * What a model repeats when it goes on with its own text.
 *
 * @module
 */

/** How much of the text's end is looked at, in characters. So much of the next text is held back at most. */
const windowLength = 1_024

/** So many equal characters are no chance, wherever they begin. */
const certainLength = 8

/** From the beginning of a word on, as models that begin the broken word anew. */
const wordLength = 3

/** Finds the longest end of one text that is also the beginning of the next one. */
export class Overlap {
  readonly #tail: string
  #held = ''
  /** It is decided: everything else is passed on as it comes. */
  done = false

  constructor(shown: string) {
    this.#tail = shown.slice(-windowLength)
  }

  /** @returns what is no repetition for sure */
  feed(text: string): string {
    this.#held += text
    return this.#mayGrow() ? '' : this.end()
  }

  /** Nothing more comes that could decide it. */
  end(): string {
    if (this.done) return ''
    this.done = true
    const held = this.#held
    this.#held = ''
    return held.slice(this.#longest(held))
  }

  /** Whether all that is held is repeated, and more of it may be. */
  #mayGrow(): boolean {
    const held = this.#held
    const last = this.#tail.length - held.length
    for (let start = this.#tail.indexOf(held); start !== -1; ) {
      if (start < last) return true
      start = this.#tail.indexOf(held, start + 1)
    }
    return false
  }

  #longest(held: string): number {
    const tail = this.#tail
    for (let length = Math.min(tail.length, held.length); length > 0; length--) {
      if (!held.startsWith(tail.slice(tail.length - length))) continue
      if (this.#isRepetition(length)) return length
    }
    return 0
  }

  #isRepetition(length: number): boolean {
    const start = this.#tail.length - length
    const repeated = this.#tail.slice(start)
    // A space before the broken place, which is not sent back to models that write on.
    if (repeated.trim() === '') return true
    if (length >= certainLength) return true
    const atWord = start === 0 || /[\s\p{P}]/u.test(this.#tail.charAt(start - 1))
    return atWord && length >= wordLength
  }
}
