/**
 * What each library loses when the second step of a turn with a tool fails: `npm run build && npm
 * --prefix bench ci && npm --prefix bench run loops`, with `-- --verbose` to see what each of them
 * reports. It prints tables as Markdown.
 *
 * The provider is a simulated one on a real socket. Step 1 calls a tool, and the first request of
 * step 2 fails; all others succeed. Each library has its own retries on, and a timeout of a second
 * if it has one. The tool counts its runs. After a turn that failed, the library is called once
 * more with the messages that it left.
 */

import { readFileSync } from 'node:fs'
import { type Answer, type Fault, simulatedProvider } from 'sluice/testing'
import { agents } from './loops/agents.ts'
import { ai, aiOfficial, aiRetrying } from './loops/ai.ts'
import { pi } from './loops/pi.ts'
import type { Outcome, Runner, Surroundings } from './loops/runner.ts'
import { anthropicRunner, openaiRunner } from './loops/sdks.ts'
import { sluice } from './loops/sluice.ts'
import { tanstack } from './loops/tanstack.ts'
import { table } from './table.ts'
import type { WireName } from './wires.ts'

const runners: readonly Runner[] = [
  sluice,
  ai,
  aiOfficial,
  aiRetrying,
  tanstack,
  pi,
  openaiRunner,
  anthropicRunner,
  agents,
]

const text = 'One two three four five six seven eight nine ten.'
const call = { toolCalls: [{ name: 'report', input: { id: 7 } }] }
const hangsMs = 8_000
const isVerbose = process.argv.includes('--verbose')

interface Scene {
  name: string
  step: number
  fault: (wire: WireName) => Fault
}

/** Events of each wire before the first word. */
const before = { openai: 1, anthropic: 3 }
const inText = (kind: 'cut' | 'end' | 'error' | 'stall'): Scene['fault'] => {
  return (wire) => ({ kind, afterEvents: before[wire] + 5 })
}

const scenes: readonly Scene[] = [
  { name: '503', step: 2, fault: () => ({ kind: 'status', status: 503 }) },
  { name: 'connection cut', step: 2, fault: inText('cut') },
  { name: 'end without terminal event', step: 2, fault: inText('end') },
  { name: 'in-band error', step: 2, fault: inText('error') },
  { name: 'stall', step: 2, fault: inText('stall') },
  // After the arguments: two events more than the beginning of the message.
  {
    name: 'end without terminal event in step 1',
    step: 1,
    fault: (wire) => ({ kind: 'end', afterEvents: wire === 'openai' ? 3 : 4 }),
  },
]

interface Seen extends Outcome {
  text: string
  hangs?: true
}

async function watch(runner: Runner, surroundings: Omit<Surroundings, 'onText'>): Promise<Seen> {
  let seen = ''
  const onText = (now: string): void => {
    seen = now
  }
  const hangs = Symbol('hangs')
  const limit = new Promise<typeof hangs>((resolve) => {
    setTimeout(resolve, hangsMs, hangs).unref()
  })
  try {
    const run = runner.run({ ...surroundings, onText })
    run.catch(() => {})
    const outcome = await Promise.race([run, limit])
    return outcome === hangs ? { text: seen, hangs: true } : { text: seen, ...outcome }
  } catch (error) {
    return { text: seen, failure: String(error) }
  }
}

function show(seen: Seen, runs: number): string {
  if (seen.hangs) return `hangs (${runs})`
  if (seen.failure !== undefined) return `error (${runs})`
  if (seen.text === text) return `whole (${runs})`
  if (seen.text.endsWith(text)) return `doubled (${runs})`
  const { reason } = seen
  const isPlain = reason === 'stop' || reason === undefined || reason === null
  return isPlain ? `half, as an end (${runs})` : `half, as "${reason}" (${runs})`
}

async function play(runner: Runner, wire: WireName, { step, fault }: Scene): Promise<string> {
  let failures = 0
  const answer = (asked: { step: number }): Answer => {
    const whole = asked.step === 1 ? call : { text }
    return asked.step === step && failures++ === 0 ? { ...whole, fault: fault(wire) } : whole
  }
  const provider = simulatedProvider({ paceMs: 1, answer })
  const server = await provider.listen()
  let runs = 0
  const report = (): string => {
    runs++
    return 'All is well.'
  }
  const surroundings = { wire, url: server.url, report }
  try {
    const seen = await watch(runner, surroundings)
    if (isVerbose) console.error(runner.name, wire, step, seen)
    const first = provider.requests.filter((request) => request.step === 1).length
    const early = step === 1 && first === 1 && runs > 0 ? ', from half an answer' : ''
    const cell = `${show(seen, runs)}${early}`
    if (seen.failure === undefined || seen.left === undefined) return cell
    const again = await watch(runner, { ...surroundings, left: seen.left })
    if (isVerbose) console.error('again', again)
    return `${cell}, then ${show(again, runs)}`
  } finally {
    await server.close()
  }
}

// Some libraries throw what they have also told.
process.on('unhandledRejection', () => {})
if (!isVerbose) {
  for (const level of ['error', 'warn', 'info', 'log', 'dir', 'debug'] as const) {
    console[level] = () => {}
  }
}
const print = (markdown: string): boolean => process.stdout.write(`${markdown}\n`)

const { dependencies } = JSON.parse(
  readFileSync(new URL('package.json', import.meta.url), 'utf8'),
) as { dependencies: Record<string, string> }
const measured = Object.entries(dependencies).filter(([name]) =>
  /^(ai|openai|@ai-sdk\/.*|@anthropic-ai\/sdk|@earendil-works\/.*|@openai\/agents|@tanstack\/.*)$/.test(
    name,
  ),
)
const versions = measured.map(([name, version]) => `${name} ${version}`).join(', ')
const date = new Date().toISOString().slice(0, 10)

print(`Step 1 calls a tool, and the first request of step 2 fails after five words; every other request succeeds. The
number in parentheses counts the runs of the tool so far.

- *Error*: the turn fails. *Then*: the library is called once more with the messages that it left.
- *Half, as an end*: the turn is reported as complete, with half of its text. A word in quotes is its finish reason, if it has one.
- *Doubled*: the turn completes, and its stream has the half that failed before the whole text.
- *Hangs*: nothing within ${hangsMs / 1_000} seconds.
- *From half an answer*: the tool ran for an answer that ended without its terminal event.

Each library has its own retries on, and its own timeout at a second. In the last column step 1 ends after the arguments of
its call.

Measured on ${date} with Node ${process.versions.node}: ${versions}.`)

const healthy: Scene = { name: 'nothing fails', step: 0, fault: inText('cut') }
for (const wire of ['openai', 'anthropic'] as const) {
  const rows: string[][] = []
  for (const runner of runners.filter(({ wires }) => wires.includes(wire))) {
    const cell = await play(runner, wire, healthy)
    if (cell !== 'whole (1)') throw new Error(`${runner.name} on ${wire}: ${cell}`)
    const cells: string[] = []
    for (const scene of scenes) cells.push(await play(runner, wire, scene))
    rows.push([runner.name, ...cells])
  }
  print(`\n${table([`${wire} wire`, ...scenes.map(({ name }) => name)], rows)}`)
}
process.exit(0)
