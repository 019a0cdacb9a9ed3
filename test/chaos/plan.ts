/**
 * What a run of the chaos test does, as drawn from its seed: turns whose answers can be checked by their content.
 */

/** A call of a tool. */
export interface PlannedCall {
  id: string
  /** `once` and `slow` run once; `again` may run again if it is not known whether it has. */
  name: 'once' | 'again' | 'slow'
  /** How long a run takes. */
  delayMs: number
}

/** A step: numbered words, and then calls, but for the last step. */
export interface PlannedStep {
  words: number
  everyMs: number
  calls: readonly PlannedCall[]
  /** After how many words the connection to the provider breaks, the first time in each process. */
  breaksAfter?: number
}

export interface PlannedTurn {
  number: number
  conversation: string
  steps: readonly PlannedStep[]
  /** It is sent before the former turn of the conversation has ended. */
  isImpatient: boolean
  /** Somebody stops it after this time. */
  stopAfterMs?: number
  readers: readonly PlannedReader[]
}

export interface PlannedReader {
  /** When it begins, after the turn has been sent. */
  delayMs: number
  /** It disconnects after as many events, again and again. */
  leavesAfter: number
  /** How long it stays away. */
  awayMs: number
}

export type Random = (from: number, to: number) => number

/** Integers from a range, ends included; the same ones for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return (from, to) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return from + (((mixed ^ (mixed >>> 14)) >>> 0) % (to - from + 1))
  }
}

export function planTurns(count: number, seed: number): PlannedTurn[] {
  const conversations = Math.max(5, Math.ceil(count / 5))
  return Array.from({ length: count }, (_, index) => {
    const random = randomOf(seed * 100_003 + index)
    const chance = (percent: number): boolean => random(1, 100) <= percent
    const length = random(1, 3)
    const steps = Array.from({ length }, (_unused, step): PlannedStep => {
      const words = random(5, 40)
      const calls = step === length - 1 ? 0 : random(1, 2)
      return {
        words,
        everyMs: random(2, 25),
        calls: Array.from({ length: calls }, (_each, call): PlannedCall => {
          const name = (['once', 'again', 'slow'] as const)[random(0, 2)] ?? 'once'
          const id = `t${index}s${step}c${call}`
          return { id, name, delayMs: name === 'slow' ? random(300, 900) : random(0, 60) }
        }),
        ...(chance(10) && { breaksAfter: random(1, words) }),
      }
    })
    return {
      number: index,
      conversation: `chat-${random(1, conversations)}`,
      steps,
      isImpatient: chance(10),
      ...(chance(4) && { stopAfterMs: random(0, 1_500) }),
      // Nobody but a sweep finds out that the producer of some is gone.
      readers: Array.from({ length: chance(10) ? 0 : random(1, 3) }, () => ({
        delayMs: chance(70) ? random(0, 100) : random(500, 6_000),
        leavesAfter: chance(40) ? Infinity : random(1, 30),
        awayMs: random(0, 1_500),
      })),
    }
  })
}

export function streamOf({ number }: PlannedTurn): string {
  return `turn-${number}`
}

export function questionOf(turn: PlannedTurn): string {
  return `Turn ${turn.number}.`
}

/** The words of a step, each of them unlike any other. */
export function wordsOf({ number, steps }: PlannedTurn, step: number): string[] {
  const count = steps[step]?.words ?? 0
  return Array.from({ length: count }, (_, word) => `${number}.${step}.${word} `)
}

export function textOfStep(turn: PlannedTurn, step: number): string {
  return wordsOf(turn, step).join('')
}

export function wholeTextOf(turn: PlannedTurn): string {
  return turn.steps.map((_, step) => textOfStep(turn, step)).join('')
}
