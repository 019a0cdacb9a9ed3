/**
 * What must hold once everything has ended.
 */

import type { ErrorEvent, Message, StreamEvent } from 'sluice'
import { Accumulator } from 'sluice/client'
import type { ConversationStore, StoredConversation } from 'sluice/conversation'
import type { StreamLog } from 'sluice/resumable'
import type { Effect } from './effects.ts'
import { type PlannedTurn, questionOf, streamOf, wholeTextOf } from './plan.ts'
import type { Reader } from './reader.ts'

export interface Ended {
  turn: PlannedTurn
  /** All events of the log; undefined if there is no such stream. */
  events: StreamEvent[] | undefined
  /** Another turn of the conversation did not wait for its end. */
  isDisturbed: boolean
  /** Its sender knows that it has begun. */
  isAcknowledged: boolean
}

/** How often a turn is continued before it ends. */
export const maxRevivals = 10

type Report = (message: string) => void

/** Reads a stream as the log has it. */
export async function readLog(log: StreamLog, id: string): Promise<StreamEvent[] | undefined> {
  const events: StreamEvent[] = []
  for (;;) {
    const page = await log.read(id, events.length)
    if (page === null) return undefined
    events.push(...page.events.map((line) => JSON.parse(line) as StreamEvent))
    if (events.length >= page.last) return events
  }
}

export function terminalOf(events: readonly StreamEvent[] | undefined): StreamEvent | undefined {
  const last = events?.at(-1)
  return last?.type === 'complete' || last?.type === 'error' ? last : undefined
}

/** A stream is whole, or ends with an error that is right to have. */
export function checkStream(each: Ended, report: Report): void {
  const { turn, events } = each
  const terminal = terminalOf(events)
  if (events === undefined) return report('there is no stream')
  if (terminal === undefined) return report(`it has not ended after ${events.length} events`)
  if (events[0]?.type !== 'start') report(`it begins with ${events[0]?.type}`)
  const ends = events.filter(({ type }) => type === 'complete' || type === 'error')
  if (ends.length !== 1) report(`it has ${ends.length} ends`)
  if (terminal.type === 'error') return checkError(each, terminal, events, report)
  if (terminal.type !== 'complete') return
  const whole = wholeTextOf(turn)
  if (terminal.text !== whole)
    report(`its text is ${JSON.stringify(terminal.text)} instead of ${whole}`)
  const parts = terminal.message.content as { type: string; id?: string }[]
  // Results come as they are ready.
  const ids = (type: string): string =>
    parts
      .flatMap((part) => (part.type === type ? [part.id ?? ''] : []))
      .toSorted()
      .join(' ')
  const planned = turn.steps
    .flatMap(({ calls }) => calls.map(({ id }) => id))
    .toSorted()
    .join(' ')
  for (const type of ['tool-call', 'tool-result']) {
    if (ids(type) !== planned)
      report(`its parts of type ${type} are ${ids(type)} instead of ${planned}`)
  }
  const folded = JSON.stringify(foldOf(events))
  const message = JSON.stringify(terminal.message.content)
  if (folded !== message) report(`its events come to ${folded} instead of ${message}`)
}

function checkError(
  { turn, isDisturbed }: Ended,
  { error, partial }: ErrorEvent,
  events: readonly StreamEvent[],
  report: Report,
): void {
  const isRight =
    (error.code === 'aborted' && turn.stopAfterMs !== undefined) ||
    // Another turn of the conversation was waiting for the lock, and has buried it.
    (isDisturbed && ['conflict', 'interrupted'].includes(error.code)) ||
    error.code === 'store' ||
    // Its process ended before the question was stored: see isLost().
    (error.code === 'interrupted' && partial.content.length === 0) ||
    (error.code === 'interrupted' && revivalsOf(events) >= maxRevivals)
  if (!isRight) report(`it ends with ${error.code}: ${error.message}`)
}

/** Its sender was told that it has begun, and its question was never stored. */
export function isLost({ isAcknowledged, isDisturbed, events }: Ended): boolean {
  const terminal = terminalOf(events)
  const isCut = terminal?.type === 'error' && terminal.error.code === 'interrupted'
  return isCut && isAcknowledged && !isDisturbed && terminal.partial.content.length === 0
}

export function revivalsOf(events: readonly StreamEvent[]): number {
  return events.filter((event) => event.type === 'retry' && event.error.code === 'interrupted')
    .length
}

function foldOf(events: readonly StreamEvent[]): unknown {
  const folded = new Accumulator()
  for (const event of events) folded.add(event)
  return folded.message(false).content
}

/** A reader has received the events of the log, without a gap. */
export function checkReader(reader: Reader, { events = [] }: Ended, report: Report): void {
  for (const breach of reader.breaches) report(breach)
  const received = reader.events.map((event) => JSON.stringify(event))
  const stored = events.slice(0, received.length).map((event) => JSON.stringify(event))
  const differs = received.findIndex((event, index) => event !== stored[index])
  if (differs !== -1)
    report(`event ${differs + 1} is ${received[differs]} instead of ${stored[differs]}`)
  if (!reader.isOver) return report(`its reader has no end after event ${reader.last}`)
  if (received.length !== events.length)
    report(`it has ${received.length} of ${events.length} events`)
}

/** Readers in the processes have received as many events as there are. */
export function checkLocalReaders(
  all: readonly Ended[],
  effects: readonly Effect[],
  report: (turn: PlannedTurn, message: string) => void,
): number {
  const streams = new Map(all.map((each) => [streamOf(each.turn), each]))
  let count = 0
  for (const effect of effects) {
    if (effect.kind !== 'read') continue
    count++
    const { turn, events = [] } = streams.get(effect.id) as Ended
    if (effect.events === events.length) continue
    report(turn, `its reader in ${effect.pid} has ${effect.events} of ${events.length} events`)
  }
  return count
}

/** The store has the whole turn, or its question with what came of it. */
export async function checkStored(
  all: readonly Ended[],
  store: ConversationStore,
  report: (turn: PlannedTurn, message: string) => void,
): Promise<void> {
  const loaded = new Map<string, StoredConversation>()
  for (const { turn, events } of all) {
    const id = turn.conversation
    const stored = loaded.get(id) ?? (await store.load(id))
    loaded.set(id, stored)
    checkTurn(turn, terminalOf(events), stored, (message) => report(turn, message))
  }
}

function checkTurn(
  turn: PlannedTurn,
  terminal: StreamEvent | undefined,
  { messages, draft }: StoredConversation,
  report: Report,
): void {
  const question = questionOf(turn)
  const places = messages.flatMap(({ content }, index) => (content === question ? [index] : []))
  if (places.length > 1) return report(`its question is stored ${places.length} times`)
  const left: { key?: string } | undefined = draft
  if (places.length === 0) {
    if (left?.key === streamOf(turn)) {
      if (terminal?.type === 'complete') report('it is complete, but stored as a draft only')
      return
    }
    const isEmpty = terminal?.type === 'error' && partialOf(terminal) === '[]'
    if (!isEmpty) report('its question is not stored')
    return
  }
  const answer = messages[(places[0] ?? 0) + 1]
  const text = answer?.role === 'assistant' ? textOf(answer) : undefined
  const whole = wholeTextOf(turn)
  if (terminal?.type === 'complete') {
    if (text !== whole) report(`its answer is stored as ${JSON.stringify(text)}`)
    if (statusOf(answer) !== undefined) report('its answer is stored as partial')
  } else if (text !== undefined && statusOf(answer) !== 'partial' && text !== whole) {
    report(`its answer broke off, and is stored as whole: ${JSON.stringify(text)}`)
  }
}

function statusOf(message: Message | undefined): string | undefined {
  return message?.role === 'assistant' ? message.status : undefined
}

function partialOf({ partial }: ErrorEvent): string {
  return JSON.stringify(partial.content)
}

function textOf({ content }: Message): string {
  if (typeof content === 'string') return content
  return content.map((part) => ('text' in part ? part.text : '')).join('')
}

/** No tool has run again behind one's back. */
export function checkEffects(
  effects: readonly Effect[],
  report: (message: string) => void,
): { runs: number; again: number } {
  const first = new Map<string, Extract<Effect, { kind: 'run' }>>()
  const keys = new Map<string, string>()
  /** The calls whose result a model has seen. */
  const seen = new Set<string>()
  const stopped = new Set<number>()
  let faultAt = -Infinity
  let runs = 0
  let again = 0
  for (const effect of effects) {
    if (effect.kind === 'breach') report(effect.message)
    else if (effect.kind === 'read') continue
    else if (effect.kind === 'fault') {
      faultAt = effect.at
      if (effect.fault === 'stop') stopped.add(effect.pid)
    } else if (effect.kind === 'seen') {
      if (!effect.unknown) seen.add(effect.call)
    } else {
      const { key, call, name, pid, at } = effect
      runs++
      const former = first.get(call)
      if (former === undefined) {
        first.set(call, effect)
        if (keys.has(key)) report(`${call} has the key ${key} of ${keys.get(key)}`)
        keys.set(key, call)
        continue
      }
      again++
      if (name !== 'again') report(`${call} (${name}) ran twice, in ${former.pid} and in ${pid}`)
      if (key !== former.key) report(`${call} ran with the keys ${former.key} and ${key}`)
      if (faultAt < former.at - 1)
        report(`${call} ran again after ${at - former.at} ms without a fault`)
      // A process that was stopped before the run may run it late.
      if (seen.has(call) && !stopped.has(pid))
        report(`${call} ran again after its result was known`)
    }
  }
  return { runs, again }
}
