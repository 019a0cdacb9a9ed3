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

  /** Whether all buffered text is a repetition that may grow: the compared text has more after it. */
  #mayGrow(): boolean {
    return this.#tail.slice(0, -1).includes(this.#held)
  }

  #longest(held: string): number {
    const tail = this.#tail
    for (let start = Math.max(0, tail.length - held.length); start < tail.length; start++) {
      const repeated = tail.slice(start)
      if (held.startsWith(repeated) && this.#isRepetition(repeated)) return repeated.length
    }
    return 0
  }

  #isRepetition(repeated: string): boolean {
    // Trailing white space, which a prefill leaves out.
    if (repeated.trim() === '') return true
    if (repeated.length >= certainLength) return true
    const before = this.#tail.at(-1 - repeated.length) ?? ' '
    return repeated.length >= wordLength && /[\s\p{P}]/u.test(before)
  }
}
