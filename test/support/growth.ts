/** CPU of the process for a task, in milliseconds. */
export async function cpuOf(task: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await task()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/**
 * How many times as much CPU twice the input takes: the ratio of the least of several runs, after
 * one that only warms up. Work too small to measure has grown by nothing.
 *
 * A busy machine spoils single runs, and more runs bring both least values to their true ones. So a
 * ratio that is too high is measured again. That of quadratic work stays at 4.
 *
 * @param prepare - makes the input, which is not counted, and returns the task
 */
export async function growth(
  count: number,
  prepare: (count: number) => () => Promise<void>,
): Promise<number> {
  const once = prepare(count)
  const twice = prepare(2 * count)
  await once()
  await twice()
  const least = { once: Infinity, twice: Infinity }
  // Alternately, so that a collection of garbage or a busy core meets both.
  let ratio = Infinity
  for (let run = 1; run <= 4 || (ratio > linear && run <= 16); run++) {
    least.once = Math.min(least.once, await cpuOf(once))
    least.twice = Math.min(least.twice, await cpuOf(twice))
    ratio = least.twice / Math.max(least.once, measurableMs)
  }
  return ratio
}

/** Twice, and what caches and the collector add. */
const linear = 2.5

/** The kernel counts CPU in ticks of up to 4 ms. */
const measurableMs = 20
