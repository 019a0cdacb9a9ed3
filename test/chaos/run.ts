/**
 * Three processes serve conversations from one store and log, and are killed, stopped, ended and started again, while readers come and
 * go.
 *
 *     npm run chaos -- <memory|sqlite|redis|postgres> [seconds] [turns] [seed]
 *
 * Prints what happened, and exits with 1 and the seed if an answer is lost, cut, doubled or changed, or a tool ran again behind one's back.
 */

import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PlaceName, placeNames, places } from '../support/places.ts'
import {
  checkEffects,
  checkLocalReaders,
  checkReader,
  checkStored,
  checkStream,
  type Ended,
  isLost,
  readLog,
  revivalsOf,
  terminalOf,
} from './check.ts'
import { Effects } from './effects.ts'
import { type Member, startMember } from './fleet.ts'
import { pause } from './model.ts'
import { type PlannedTurn, planTurns, randomOf, streamOf } from './plan.ts'
import { Reader } from './reader.ts'

const [name = '', secondsText = '60', turnsText = '300', seedText] = process.argv.slice(2)
const seconds = Number(secondsText)
const count = Number(turnsText)
const seed = Number(seedText ?? Math.floor(Math.random() * 1_000_000))
const isKnown = (placeNames as readonly string[]).includes(name)
if (!isKnown || !(seconds >= 1 && count >= 1) || !Number.isInteger(seed)) {
  console.error(`Usage: npm run chaos -- <${placeNames.join('|')}> [seconds] [turns] [seed]`)
  process.exit(2)
}

const leaseMs = 3_000
const members = 3
/** How long the last turns may take once nothing fails any more, in milliseconds. */
const settleMs = 60_000

const random = randomOf(seed)
const turns = planTurns(count, seed)
const folder = await mkdtemp(join(tmpdir(), 'chaos-run-'))
const effectsFile = join(folder, 'effects')
writeFileSync(effectsFile, '')
const effects = new Effects(effectsFile)
const place = await places[name as PlaceName]()
const { store, log, close } = place.open()
const settings = { place, effects, effectsFile, count, seed, leaseMs }

const breaches: string[] = []
const faults: Record<string, number> = {
  kill: 0,
  stop: 0,
  'hand over': 0,
  'restart of the store': 0,
}
const fleet: (Member | undefined)[] = await Promise.all(
  Array.from({ length: members }, () => startMember(settings)),
)
const over = new AbortController()
const startedAt = performance.now()
const endsAt = startedAt + seconds * 1_000
process.on('unhandledRejection', (error) => breaches.push(`unhandled rejection: ${String(error)}`))

function anyPort(): number | undefined {
  const running = fleet.filter((member) => member !== undefined)
  return running[Math.floor(Math.random() * running.length)]?.port
}

// -------------------------------------------------------------- faults

async function restartMember(index: number): Promise<void> {
  fleet[index] = await startMember(settings)
}

async function disturb(): Promise<void> {
  const index = random(0, members - 1)
  const kind = random(1, 100)
  const member = fleet[index]
  if (kind > 85 && place.restart !== undefined) {
    faults['restart of the store'] = (faults['restart of the store'] ?? 0) + 1
    effects.add({ kind: 'fault', fault: 'restart', pid: 0 })
    return place.restart()
  }
  if (member === undefined) return
  const { pid } = member
  if (kind <= 45) {
    effects.add({ kind: 'fault', fault: 'kill', pid })
    faults.kill = (faults.kill ?? 0) + 1
    fleet[index] = undefined
    await member.kill()
    return restartMember(index)
  }
  if (kind <= 70) {
    effects.add({ kind: 'fault', fault: 'stop', pid })
    faults.stop = (faults.stop ?? 0) + 1
    member.stop()
    await pause(random(100, 1.5 * leaseMs))
    member.continue()
    return undefined
  }
  effects.add({ kind: 'fault', fault: 'end', pid })
  faults['hand over'] = (faults['hand over'] ?? 0) + 1
  fleet[index] = undefined
  await member.end()
  return restartMember(index)
}

async function disturbUntilEnd(): Promise<void> {
  const parallel: Promise<void>[] = []
  while (performance.now() < endsAt) {
    await pause(random(200, 1_500))
    const fault = disturb()
    // Sometimes two at the same time
    if (random(1, 100) <= 20) parallel.push(fault)
    else await fault
  }
  await Promise.all(parallel)
}

// -------------------------------------------------------------- turns

async function post(path: string): Promise<number> {
  for (;;) {
    const port = anyPort()
    if (port !== undefined) {
      const signal = AbortSignal.timeout(5_000)
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        signal,
      }).catch(() => undefined)
      await response?.text().catch(() => '')
      // 409: an earlier request has arrived.
      if (response?.status === 200 || response?.status === 409) return response.status
    }
    if (over.signal.aborted) return 0
    await pause(100)
  }
}

const acknowledged = new Set<PlannedTurn>()
const readers = new Map<PlannedTurn, Reader[]>()

/** The turns that run at the same time as another one of their conversation. */
const disturbed = new Set<PlannedTurn>()
const running = new Map<string, Map<PlannedTurn, Promise<void>>>()

async function take(turn: PlannedTurn): Promise<void> {
  const others = running.get(turn.conversation) ?? new Map<PlannedTurn, Promise<void>>()
  running.set(turn.conversation, others)
  const former = [...others.values()]
  const ended = (turn.isImpatient ? Promise.resolve() : Promise.all(former)).then(() => {
    for (const other of others.keys()) {
      if (other === turn || !sent.has(other)) continue
      for (const each of [turn, other]) disturbed.add(each)
    }
    sent.add(turn)
    return answer(turn)
  })
  others.set(turn, ended)
  await ended
  others.delete(turn)
}

/** The turns whose question has been sent. */
const sent = new Set<PlannedTurn>()

async function answer(turn: PlannedTurn): Promise<void> {
  const path = `/turns/${turn.number}`
  if ((await post(path)) === 200) acknowledged.add(turn)
  const own = turn.readers.map((plan) => new Reader({ plan, path, anyPort, signal: over.signal }))
  readers.set(turn, own)
  const reading = own.map((reader) => reader.read())
  if (turn.stopAfterMs !== undefined) {
    await pause(turn.stopAfterMs)
    await post(`${path}/stop`)
  }
  await Promise.all(reading)
  while (own.length === 0 && !over.signal.aborted && !(await hasEnded(turn))) await pause(500)
}

async function hasEnded(turn: PlannedTurn): Promise<boolean> {
  const events = await readLog(log, streamOf(turn)).catch(() => undefined)
  return terminalOf(events) !== undefined
}

const disturbing = disturbUntilEnd()
const taking: Promise<void>[] = []
for (const turn of turns) {
  taking.push(take(turn))
  await pause(((seconds * 1_000) / count) * (random(50, 130) / 100))
}
await disturbing
const timer = setTimeout(() => over.abort(), settleMs)
await Promise.all(taking)
clearTimeout(timer)

// -------------------------------------------------------------- checks

const ended: Ended[] = []
for (const turn of turns) {
  const events = await readLog(log, streamOf(turn))
  const isAcknowledged = acknowledged.has(turn)
  ended.push({ turn, events, isDisturbed: disturbed.has(turn), isAcknowledged })
}
const nameOf = ({ number, conversation }: PlannedTurn): string => `turn ${number} (${conversation})`
const breach = (turn: PlannedTurn, message: string): void =>
  void breaches.push(`${nameOf(turn)}: ${message}`)
for (const each of ended) {
  const { turn } = each
  checkStream(each, (message) => breach(turn, message))
  for (const [index, reader] of (readers.get(turn) ?? []).entries()) {
    checkReader(reader, each, (message) => breach(turn, `reader ${index}: ${message}`))
  }
}
await checkStored(ended, store, breach)
const recorded = effects.all()
const localReaders = checkLocalReaders(ended, recorded, breach)
const { runs, again } = checkEffects(recorded, (message) => breaches.push(message))

if (breaches.length > 0) {
  const failed = ended.filter(({ turn }) => breaches.some((each) => each.startsWith(nameOf(turn))))
  const details = failed.map(async (each) => ({
    ...each,
    stored: await store.load(each.turn.conversation),
  }))
  writeFileSync(join(folder, 'turns.json'), JSON.stringify(await Promise.all(details), null, 1))
}
for (const member of fleet) await member?.kill()
close()
await place.remove()
if (breaches.length === 0) await rm(folder, { recursive: true, force: true })

// -------------------------------------------------------------- report

const errors: Record<string, number> = {}
for (const { events } of ended) {
  const terminal = terminalOf(events)
  const end = terminal?.type === 'error' ? `error ${terminal.error.code}` : terminal?.type
  errors[end ?? 'no end'] = (errors[end ?? 'no end'] ?? 0) + 1
}
const allReaders = [...readers.values()].flat()
const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
const rows: [string, string | number][] = [
  ['store', name],
  ['seed', seed],
  ['seconds', Math.round((performance.now() - startedAt) / 1_000)],
  ['turns', count],
  ['of them at the same time', disturbed.size],
  ...Object.entries(errors),
  ['lost before they were stored', ended.filter(isLost).length],
  ...Object.entries(faults),
  ['revivals', sum(ended.map(({ events = [] }) => revivalsOf(events)))],
  ['runs of tools', runs],
  ['of them again, not known', again],
  ['readers', allReaders.length],
  ['readers in the processes', localReaders],
  ['connections of readers', sum(allReaders.map(({ connections }) => connections))],
  ['events', sum(ended.map(({ events = [] }) => events.length))],
  ['longest gap, in ms', Math.round(Math.max(0, ...allReaders.map((each) => each.longestGapMs)))],
]
for (const [label, value] of rows) console.log(`${label.padEnd(30)}${value}`)
if (breaches.length > 0) {
  console.error(`\n${breaches.length} breaches with the seed ${seed}, more in ${folder}:`)
  for (const message of breaches.slice(0, 40)) console.error(`- ${message.slice(0, 600)}`)
  process.exit(1)
}
process.exit(0)
