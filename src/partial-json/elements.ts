/**
 * Reads the elements of an array while it is streamed.
 *
 * @module
 */

import { checkOptions, func, type Rules } from '../base/check-options.js'
import { StreamError } from '../base/errors.js'
import type { RetryEvent } from '../base/events.js'
import { optionError } from '../base/option-error.js'
import { ElementFinder } from './element-finder.js'
import type { JsonReading } from './json-reader.js'

/** Options of `elements()`. */
export interface ElementsOptions {
  /**
   * Called when the answer restarts after elements were yielded, or when they turn out to be those
   * of an earlier step of a turn, which has no `retry`. Discard them: the next ones are those of the
   * next attempt, from the first. A returned promise is awaited. An error that is
   * thrown ends the iteration.
   * @default the iteration throws a `StreamError` of code `retracted`
   */
  onRestart?: (retry: RetryEvent | undefined) => unknown
}

const rules: Rules<ElementsOptions> = { onRestart: func }

/** @throws TypeError for an invalid argument */
export function readElements(path: string, options: ElementsOptions): JsonReading<unknown> {
  const steps = stepsOf(path)
  checkOptions('options', options, rules)
  const { onRestart = failRestart } = options
  let yielded = false
  return {
    async *read(pieces) {
      const finder = new ElementFinder(steps)
      for await (const piece of pieces) {
        for (const element of finder.feed(piece)) {
          yielded = true
          yield element
        }
      }
      finder.end()
    },
    ofNoArguments: [],
    restart(retry) {
      if (!yielded) return
      yielded = false
      return onRestart(retry)
    },
  }
}

function stepsOf(path: string): string[] {
  if (path === '') return []
  const steps = typeof path === 'string' ? path.split('.') : ['']
  if (steps.includes(''))
    throw optionError('path', path, 'keys separated by dots, such as "recipe.steps"')
  return steps
}

function failRestart(retry: RetryEvent | undefined): never {
  throw new StreamError(
    'retracted',
    'The answer restarted after some of its elements had been yielded. Discard them in onRestart, or retry with afterContent "fail" or "continue".',
    { cause: retry?.error },
  )
}
