/**
 * One figure by contestant. Each has a process of its own, so that nobody's garbage and nobody's types slow another one down, and all
 * take turns in one run, so that whatever slows the machine down slows all of them.
 */

import { type ChildProcess, fork } from 'node:child_process'

export interface Measured {
  name: string
  /** Microseconds a unit, of CPU time where nothing else is said: the median of all rounds, and its quartiles. */
  median: number
  lowerQuartile: number
  upperQuartile: number
  /** The median of the ratios to the first contestant, each taken within one round. */
  ratio: number
  /** The ratio of the two medians. */
  ratioOfMedians: number
}

/** One contestant: a module that answers as `serve` does, and what it is told. */
export interface Runner {
  name: string
  module: URL
  args: readonly string[]
}

/** @param units - how many units one run is */
export async function measure(
  runners: readonly Runner[],
  units: number,
  rounds: number,
): Promise<Measured[]> {
  const children = runners.map(({ name, module, args }) => ({
    child: fork(module, args, { execArgv: ['--no-warnings'] }),
    name,
    samples: [] as number[],
  }))
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { child, name, samples } of children) {
        samples.push((await runOnce(child, name)) / units)
      }
    }
  } finally {
    for (const { child } of children) child.kill()
  }
  return summarize(children)
}

/** @param all - samples by round; the first contestant is what the others are compared with */
export function summarize(
  all: readonly { name: string; samples: readonly number[] }[],
): Measured[] {
  const base = all[0]?.samples ?? []
  return all.map(({ name, samples }) => ({
    name,
    median: quantile(samples, 0.5),
    lowerQuartile: quantile(samples, 0.25),
    upperQuartile: quantile(samples, 0.75),
    ratio: quantile(
      samples.map((value, round) => value / (base[round] ?? value)),
      0.5,
    ),
    ratioOfMedians: quantile(samples, 0.5) / quantile(base, 0.5),
  }))
}

function runOnce(child: ChildProcess, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`${name} ended with code ${code}`))
    child.once('exit', onExit)
    child.once('message', (answer) => {
      child.off('exit', onExit)
      if (typeof answer === 'number') resolve(answer)
      else reject(new Error(`${name}: ${JSON.stringify(answer)}`))
    })
    child.send('run')
  })
}

/** In the child: runs on request and answers with the microseconds of CPU time. */
export function serve(run: () => Promise<void>, warmUps: number): void {
  const warm = (async () => {
    for (let count = 0; count < warmUps; count++) await run()
  })()
  answerWith(async () => {
    await warm
    const before = process.cpuUsage()
    await run()
    const { user, system } = process.cpuUsage(before)
    return user + system
  })
}

/** In the child: answers each request with a figure, or with what went wrong. */
export function answerWith(sample: () => Promise<number>): void {
  process.on('message', () => {
    sample().then(
      (figure) => process.send?.(figure),
      (error: unknown) =>
        process.send?.(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    )
  })
}

export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const position = (sorted.length - 1) * at
  const lower = sorted[Math.floor(position)] ?? 0
  const upper = sorted[Math.ceil(position)] ?? 0
  return lower + (upper - lower) * (position - Math.floor(position))
}
