/**
 * The text that a model repeats when it continues its own answer.
 *
 * @module
 */

/**
 * The length of the end of the text that is compared, in characters. At most as much of the next
 * text is buffered.
 */
const windowLength = 1_024

/** This many equal characters are not a coincidence, wherever they begin. */
const certainLength = 8

/** This many are enough at the beginning of a word: some models repeat the word that was cut. */
const wordLength = 3

/** Finds the longest suffix of one text that is a prefix of the next one. */
export class Overlap {
  readonly #tail: string
  #held = ''
  /** The overlap is known. All further text passes unchanged. */
  done = false

  constructor(shown: string) {
    this.#tail = shown.slice(-windowLength)
  }

  /** @returns the text that is certainly not a repetition */
  feed(text: string): string {
    this.#held += text
    return this.#mayGrow() ? '' : this.end()
  }

  /** No more text follows that could decide it. */
  end(): string {
    if (this.done) return ''
    this.done = true
    const held = this.#held
    this.#held = ''
    return held.slice(this.#longest(held))
  }

  /** Whether all buffered text is a repetition that may grow. */
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
    // Trailing white space, which a prefill leaves out.
    if (repeated.trim() === '') return true
    if (length >= certainLength) return true
    const atWord = start === 0 || /[\s\p{P}]/u.test(this.#tail.charAt(start - 1))
    return atWord && length >= wordLength
  }
}
