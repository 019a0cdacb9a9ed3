/**
 * Checks of what response writers are given.
 *
 * @module
 */

import { checkValue, events as eventsRule, has, required, rule } from '../base/check-options.js'
import type { StreamEvent } from '../base/events.js'
import { refusePromise } from '../base/refuse-promise.js'
import type { Format } from '../base/stream-format.js'

const formatRule = required(
  rule('a format, such as sse() or plainText()', (value) => has(value, 'encoder', 'failure')),
)

/** @throws TypeError if one of them is missing or something else, such as `sse` in place of `sse()` */
export function checkArguments(events: AsyncIterable<StreamEvent>, format: Format): void {
  refusePromise('stream', events)
  checkValue('stream', events, required(eventsRule))
  if (typeof format === 'function') {
    const { name = 'sse' } = format as { name?: string }
    throw new TypeError(
      `Option "format" is a function. Call it: pass ${name}() instead of ${name}.`,
    )
  }
  checkValue('format', format, formatRule)
}
