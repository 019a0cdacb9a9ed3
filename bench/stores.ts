/**
 * What conversations and resumable streams cost on each store: `npm run build && npm --prefix bench run stores`.
 *
 * Redis and Postgres are started for it, Postgres with `fsync`. This process, the follower and the servers share the cores of the
 * machine. The figures are wall time, so they need a quiet machine.
 *
 * - turns: `send()` with a model that answers at once, 32 conversations at the same time: lock, load, draft, answer, commit
 * - tool turns: the same with one tool, whose start and result are written before and after it
 * - events: 64 streams published at the same time as fast as the log takes them, sixteen tokens a chunk, without a follower
 * - latency: 50 streams of 30 tokens a second, published here and followed by another process; the age of a token on arrival
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStream, type Driver, tool } from 'sluice'
import { createConversation } from 'sluice/conversation'
import { createResumable } from 'sluice/resumable'
import { startPostgres } from '../test/support/postgres.ts'
import { startRedis } from '../test/support/redis.ts'
import { type Opened, open, type Place } from './stores/places.ts'
import { clockDriver, fastDriver } from './stores/streams.ts'

interface Figures {
  turns: number
  toolTurns: number
  events: number
  latencies: number[] | undefined
}

const seconds = 5

/** Runs turns in 32 conversations for some seconds. @returns turns a second */
async function turnsOf({ store }: Opened, withTool: boolean): Promise<number> {
  const run = crypto.randomUUID()
  const driver = withTool ? callingDriver : fastDriver(50)
  const tools = withTool
    ? { look: tool({ parameters: { type: 'object' }, run: () => 'rain' }) }
    : {}
  const startedAt = performance.now()
  let turns = 0
  const one = async (number: number): Promise<void> => {
    for (let round = 0; performance.now() - startedAt < seconds * 1_000; round++) {
      // A conversation of ten turns, so that it does not grow during the measurement.
      const id = `${run} ${number} ${Math.floor(round / 10)}`
      await createConversation({ id, store, driver, tools }).send('Hello?').final()
      turns++
    }
  }
  await Promise.all(Array.from({ length: 32 }, (_, number) => one(number)))
  return (turns / (performance.now() - startedAt)) * 1_000
}

const callingDriver: Driver = {
  provider: 'calling',
  model: 'calling',
  async *stream({ messages = [] }) {
    const last = messages.at(-1)
    const answered = last?.role === 'tool' || JSON.stringify(last?.content).includes('tool-result')
    if (answered) yield { type: 'content', kind: 'text', index: 0, text: 'It rains.' }
    else yield { type: 'content', kind: 'tool-call', index: 0, id: 'a', name: 'look', input: '{}' }
    return { finishReason: answered ? 'stop' : 'tool-calls', usage: {} }
  },
}

/** @returns events a second */
async function eventsOf({ log }: Opened): Promise<number> {
  const resumable = createResumable({ log })
  const run = crypto.randomUUID()
  const tokens = 1_000
  const startedAt = performance.now()
  let events = 0
  await Promise.all(
    Array.from({ length: 64 }, async (_, number) => {
      while (performance.now() - startedAt < seconds * 1_000) {
        const stream = createStream({ driver: fastDriver(tokens), prompt: 'p' })
        const { ended } = await resumable.publish(`${run} ${number} ${events}`, stream)
        const end = await ended
        if (end.type === 'error') throw end.error
        events += tokens + 2
      }
    }),
  )
  return (events / (performance.now() - startedAt)) * 1_000
}

/** @returns the ages of all tokens on arrival, in milliseconds, sorted */
async function latenciesOf(place: Place, { log }: Opened): Promise<number[]> {
  const resumable = createResumable({ log })
  const run = crypto.randomUUID()
  const ids = Array.from({ length: 50 }, (_, number) => `${run} ${number}`)
  const published = await Promise.all(
    ids.map((id, number) =>
      // Not all at the same time.
      resumable.publish(
        id,
        createStream({ driver: clockDriver(300, 33 + number / 25), prompt: 'p' }),
      ),
    ),
  )
  const parameters = JSON.stringify({ place, ids })
  const follower = spawn(process.execPath, [
    join(import.meta.dirname, 'stores/follower.ts'),
    parameters,
  ])
  let output = ''
  let errors = ''
  follower.stdout.on('data', (data) => {
    output += data
  })
  follower.stderr.on('data', (data) => {
    errors += data
  })
  const [code] = await Promise.all([
    new Promise((resolve) => follower.once('close', resolve)),
    ...published.map(({ ended }) => ended),
  ])
  if (code !== 0) throw new Error(errors)
  const ages = JSON.parse(output) as number[]
  // The tokens that were stored before the process came are old for another reason.
  return ages.slice(Math.floor(ages.length / 4)).toSorted((one, other) => one - other)
}

async function figuresOf(place: Place): Promise<Figures> {
  const opened = open(place)
  const figures = {
    turns: await turnsOf(opened, false),
    toolTurns: await turnsOf(opened, true),
    events: await eventsOf(opened),
    latencies: place.name === 'memory' ? undefined : await latenciesOf(place, opened),
  }
  await opened.close()
  return figures
}

function row(name: string, { turns, toolTurns, events, latencies }: Figures): string {
  const at = (share: number): string => {
    const age = latencies?.[Math.floor(share * latencies.length)]
    return age === undefined ? '' : `${age.toFixed(1)} ms`
  }
  const cells = [turns, toolTurns, events].map((each) => Math.round(each).toLocaleString('en-US'))
  return `| ${[name, ...cells, at(0.5), at(0.99)].join(' | ')} |`
}

const folder = mkdtempSync(join(tmpdir(), 'stores-'))
const redis = await startRedis()
const durableRedis = await startRedis({ durable: true })
const postgres = await startPostgres({ durable: true })
const { host, port, user, database } = postgres.config
const places: [label: string, place: Place][] = [
  ['memory', { name: 'memory', address: '' }],
  ['SQLite', { name: 'sqlite', address: join(folder, 'bench.db') }],
  ['Postgres', { name: 'postgres', address: `postgres://${user}@${host}:${port}/${database}` }],
  ['Redis, in memory only', { name: 'redis', address: redis.url }],
  ['Redis, `appendfsync always`', { name: 'redis', address: durableRedis.url }],
]
console.log('| store | turns a second | turns with a tool | events a second | latency p50 | p99 |')
console.log('| --- | --- | --- | --- | --- | --- |')
for (const [label, place] of places) console.log(row(label, await figuresOf(place)))
await Promise.all([redis.stop(), durableRedis.stop(), postgres.stop()])
rmSync(folder, { recursive: true, force: true })
