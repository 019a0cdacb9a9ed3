/**
 * A rolling deploy under load: two chat servers behind nginx are restarted one after the other, while
 * readers ask questions whose answers call a tool. No answer may be lost:
 * `npm run example examples/deploy/run.ts`
 *
 * READERS is the number of readers (50). Both servers share a SQLite file, or what REDIS_URL or
 * DATABASE_URL names. Needs nginx. Exits with 1 if an answer is lost.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { Fleet } from './fleet.ts'
import { read } from './readers.ts'

const count = Number(process.env.READERS || 50)
/** For the readers to be in the middle of their answers, in milliseconds. */
const pauseMs = 2_000

const fleet = await Fleet.start()
console.log(`Two servers behind nginx at ${fleet.url}, ${count} readers.`)
let isOver = false
const reading = Promise.all(Array.from({ length: count }, () => read(fleet.url, () => isOver)))
for (const number of [0, 1]) {
  await sleep(pauseMs)
  const startedAt = performance.now()
  const code = await fleet.restart(number)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  console.log(`Server ${number + 1} ended with ${code}, and was back after ${seconds} s.`)
}
await sleep(pauseMs)
isOver = true
const answers = (await reading).flat()
await fleet.stop()

const losses = answers.flatMap(({ loss }) => loss ?? [])
const most = (of: (answer: (typeof answers)[number]) => number): number =>
  Math.max(...answers.map(of))
const interrupted = answers.filter(({ retries }) => retries > 0)
console.log(`${answers.length - losses.length} answers ended whole, ${losses.length} were lost.`)
console.log(
  `${interrupted.length} of them had a retry, at most ${most(({ retries }) => retries)} each; readers reconnected at most ${most(({ reconnections }) => reconnections)} times.`,
)
const silences = interrupted.map(({ silenceMs }) => silenceMs).toSorted((a, b) => a - b)
const [median, longest] = [silences[silences.length >> 1], silences.at(-1)].map((silence = 0) =>
  Math.round(silence),
)
console.log(`The longest silence of each of them: ${median} ms (median), ${longest} ms (at most).`)
for (const loss of losses.slice(0, 5)) console.error(loss)
process.exit(losses.length > 0 ? 1 : 0)
