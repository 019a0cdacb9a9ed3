/**
 * How long ago something was, in the language of the browser.
 */

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' })
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** @param time - in milliseconds */
export function timeSince(time: number, now: number = Date.now()): string {
  const ms = now - time
  if (ms < minuteMs) return relative.format(0, 'second')
  if (ms < hourMs) return relative.format(-Math.floor(ms / minuteMs), 'minute')
  if (ms < dayMs) return relative.format(-Math.floor(ms / hourMs), 'hour')
  if (ms < 7 * dayMs) return relative.format(-Math.floor(ms / dayMs), 'day')
  return dates.format(time)
}
