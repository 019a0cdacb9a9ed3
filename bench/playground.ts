/**
 * Records what other libraries show for the scenarios of the playground: `npm run build && npm --prefix
 * bench ci && npm --prefix bench run playground`. It writes `docs/site/playground/recorded.json`.
 *
 * Each library reads the same answers of the same simulated provider, from a real socket, with its own
 * retries on and a timeout of a second if it has one.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { simulatedProvider } from 'sluice/testing'
import { keyOf, type Outcome, type Recording } from '../docs/site/playground/recorded.ts'
import {
  answers,
  failsInside,
  hasTool,
  type Played,
  type ScenarioName,
  scenarios,
  toolFailure,
  toolResult,
  type WireName,
  wires,
  wordCounts,
} from '../docs/site/playground/scenarios.ts'
import { readFromKilled } from './playground/killed.ts'
import { type Player, players } from './playground/players.ts'

/** How long a library may take; more for a process that has to start first. */
const limitMs = { here: 6_000, process: 60_000 }
const atOnce = 4
const file = new URL('../docs/site/playground/recorded.json', import.meta.url)

async function record(player: Player, played: Played): Promise<Outcome> {
  const { library, packageName } = player
  const version = versionOf(packageName)
  const { wire, scenario, words } = played
  const unable = hasTool(scenario) ? player.noTools?.[wire] : undefined
  if (unable !== undefined) return { library, version, text: unable }
  const provider = simulatedProvider({
    paceMs: scenario === 'killed' ? 60 : 20,
    answer: answers(played),
  })
  const server = await provider.listen()
  let text = ''
  let runs = 0
  const onText = (piece: string): void => {
    text += piece
  }
  const run = (): string => {
    runs++
    if (scenario === 'tool-fails') throw new Error(toolFailure)
    return toolResult
  }
  try {
    const { url } = server
    const end =
      scenario === 'killed'
        ? await ended(readFromKilled(library, wire, url, words, onText), limitMs.process)
        : await ended(
            player.play({ wire, url, onText, ...(hasTool(scenario) ? { run } : {}) }),
            limitMs.here,
          )
    const result =
      scenario === 'tool-fails'
        ? sentResult(provider.requests.find(({ step }) => step === 2)?.body)
        : undefined
    return {
      library,
      version,
      ...end,
      text,
      requests: provider.requests.length,
      ...(hasTool(scenario) ? { runs } : {}),
      ...(result === undefined ? {} : { result }),
    }
  } finally {
    await server.close()
  }
}

async function ended(
  playing: Promise<string | void>,
  withinMs: number,
): Promise<Pick<Outcome, 'end' | 'report'>> {
  playing.catch(() => {})
  const limit = Symbol('limit')
  const waited = new Promise<typeof limit>((resolve) => {
    setTimeout(resolve, withinMs, limit).unref()
  })
  try {
    const report = await Promise.race([playing, waited])
    if (report === limit) return { end: 'nothing' }
    return typeof report === 'string' ? { end: 'complete', report } : { end: 'complete' }
  } catch (error) {
    const report = error instanceof Error ? error.message : JSON.stringify(error)
    return { end: 'error', report: report.slice(0, 200) }
  }
}

/** What the model was sent as the result of the tool, on any wire. */
function sentResult(body: unknown): string | undefined {
  const { messages, input, contents } = (body ?? {}) as {
    messages?: { content: string | { content: unknown }[] }[]
    input?: { output?: unknown }[]
    contents?: { parts: { functionResponse?: { response: unknown } }[] }[]
  }
  const last = messages?.at(-1)?.content
  const found =
    (Array.isArray(last) ? last[0]?.content : last) ??
    input?.find(({ output }) => output !== undefined)?.output ??
    contents?.at(-1)?.parts[0]?.functionResponse?.response
  return typeof found === 'string' ? found : JSON.stringify(found)
}

// Some libraries log what they have caught, and throw what they have also reported.
process.on('unhandledRejection', () => {})
for (const level of ['error', 'warn', 'info', 'log', 'debug'] as const) console[level] = () => {}

/** The version that is installed. */
function versionOf(packageName: string): string {
  const path =
    packageName === 'sluice' ? '../package.json' : `node_modules/${packageName}/package.json`
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version
}

const outcomes: Record<string, Outcome[]> = {}
const plays: (() => Promise<void>)[] = []
for (const wire of Object.keys(wires) as WireName[]) {
  const present = players.filter((player) => player.wires.includes(wire))
  for (const scenario of Object.keys(scenarios) as ScenarioName[]) {
    for (const words of failsInside(scenario) ? wordCounts : [0]) {
      const list: Outcome[] = []
      outcomes[keyOf({ wire, scenario, words })] = list
      // Without a log, a process of ours loses its answer as any other does.
      const asked = present.filter(({ library }) => scenario !== 'killed' || library !== 'sluice')
      for (const [index, player] of asked.entries()) {
        plays.push(async () => {
          list[index] = await record(player, { wire, scenario, words })
        })
      }
    }
  }
}
const queue = plays.values()
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (const play of queue) await play()
  }),
)

const recording: Recording = {
  date: new Date().toISOString().slice(0, 10),
  node: process.versions.node,
  outcomes,
}
writeFileSync(file, `${JSON.stringify(recording, null, 2)}\n`)
process.stdout.write(`${plays.length} recordings in docs/site/playground/recorded.json\n`)
process.exit(0)
