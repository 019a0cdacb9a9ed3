/**
 * The runs of one step: which calls run, which wait, and what they give.
 *
 * @module
 */

import { callHook } from '../base/call-hook.js'
import type { ToolResultContent } from '../base/content-kinds.js'
import type { Tool } from '../base/tools.js'
import type { WaitingCall } from '../base/typed-calls.js'
import { type Call, summaryOf } from './calls.js'
import {
  askAbout,
  decide,
  keyOf,
  ledgerOf,
  maxOf,
  type Plan,
  type RunPlan,
  type RunSettings,
  refused,
  type StepOfCalls,
} from './decide.js'
import type { RunResult } from './ledger.js'
import {
  type Outcome,
  runTool,
  type RunSettings as ToolRunSettings,
  uncertain,
} from './run-tool.js'

export interface RunsOfStep extends StepOfCalls {
  calls: readonly Call[]
  signal: AbortSignal
  /** The index of the next content block. */
  nextIndex(): number
  /** The calls that run now. */
  running: Map<Call, Running>
  /** Shows a result. A preliminary one may be replaced before it is read. */
  emit(event: ToolResultContent): void
}

/** A run whose result has not been shown yet. */
export interface Running {
  tool: Tool
  /** The block of what it has shown so far. */
  index: number | undefined
  /** Set once the run has ended. */
  result: RunResult | undefined
}

/**
 * Runs the calls of a step, as far as they can run now.
 *
 * @returns the calls that wait
 * @throws StreamError `invalid-request` for a call that this server has not made
 */
export async function runCalls(of: RunsOfStep, settings: RunSettings): Promise<WaitingCall[]> {
  const indexes = new Map<Call, number>()
  const emit = (call: Call, result: RunResult, preliminary?: true): void => {
    let index = indexes.get(call)
    if (index === undefined) indexes.set(call, (index = of.nextIndex()))
    const running = of.running.get(call)
    if (running !== undefined) running.index = index
    of.emit(resultEvent(index, call, result, preliminary))
  }
  // All are decided before the first one runs: a forged call must not have let others run.
  const plans = await Promise.all(of.calls.map((call) => decide(call, of, settings)))
  const { toolConcurrency = Infinity } = settings.options
  const waiting = new Map<string, WaitingCall[]>()
  const queues = new Map<string, Plan[]>()
  for (const plan of plans) {
    const call = summaryOf(plan.call)
    const { id } = call
    const before = waiting.get(id)
    // A result belongs to the first call of its id without one, so those behind it wait as well.
    if (before !== undefined) before.push({ ...call, for: waitsOf(plan) })
    else if ('waits' in plan) waiting.set(id, [{ ...call, for: plan.waits }])
    else if (queues.has(id)) queues.get(id)?.push(plan)
    else if ('result' in plan) emit(plan.call, plan.result)
    else queues.set(id, [plan])
  }
  // One listener: a signal looks through all it has for each that is added.
  const controllers = new Set<AbortController>()
  const stop = (): void => {
    for (const controller of controllers) controller.abort(of.signal.reason)
  }
  of.signal.addEventListener('abort', stop)
  let failure: { error: unknown } | undefined
  const next = queues.values()
  const work = async (): Promise<void> => {
    for (const queue of next) {
      for (const plan of queue) {
        if (failure !== undefined || of.signal.aborted) return
        if ('result' in plan) emit(plan.call, plan.result)
        else if ('tool' in plan) await runPlan(plan, of, settings, emit, controllers)
      }
    }
  }
  const workers = Array.from({ length: Math.min(toolConcurrency, queues.size) }, () =>
    work().catch((error: unknown) => {
      // The other runs come to their end before the turn fails, so that their results are kept.
      failure ??= { error }
    }),
  )
  await Promise.all(workers)
  of.signal.removeEventListener('abort', stop)
  if (failure !== undefined) throw failure.error
  return [...waiting.values()].flat()
}

function waitsOf(plan: Plan): WaitingCall['for'] {
  return 'waits' in plan ? plan.waits : 'steps'
}

async function runPlan(
  plan: RunPlan,
  of: RunsOfStep,
  settings: RunSettings,
  emit: (call: Call, result: RunResult, preliminary?: true) => void,
  controllers: Set<AbortController>,
): Promise<void> {
  const { call, tool } = plan
  const controller = new AbortController()
  controllers.add(controller)
  const running: Running = { tool, index: undefined, result: undefined }
  of.running.set(call, running)
  const result = await run(plan, of, settings, {
    controller,
    onPreliminary: (early) => emit(call, early, true),
    onOutcome: (outcome) => {
      if (!outcome.uncertain) running.result = outcome.result
    },
  })
  controllers.delete(controller)
  // Whoever ends the stream asks what was running.
  if (result === undefined || of.signal.aborted) return
  emit(call, result)
  of.running.delete(call)
}

/** @returns undefined if the stream has ended */
async function run(
  { call, tool, input }: RunPlan,
  of: RunsOfStep,
  settings: RunSettings,
  on: Pick<ToolRunSettings, 'controller' | 'onPreliminary' | 'onOutcome'>,
): Promise<RunResult | undefined> {
  const { step, messages, signal } = of
  const { options, toolMs } = settings
  const ledger = ledgerOf(tool, settings)
  const about = summaryOf(call)
  const key = keyOf(call, settings)
  const record = { key, ...about }
  const isFirst = await ledger?.started(record)
  if (signal.aborted) return undefined
  if (isFirst === false && tool.once) return askAbout(call, settings)
  callHook(options.onToolStart, { id: settings.id, call: about, key, step })
  const since = performance.now()
  const outcome: Outcome = await runTool(
    tool,
    input,
    { id: about.id, key, step, messages },
    { toolMs, maxResultCharacters: maxOf(settings), ...on },
  )
  const { error } = outcome
  callHook(options.onToolEnd, {
    id: settings.id,
    call: about,
    key,
    step,
    ...(error === undefined ? { output: outcome.result.output } : { error }),
    durationMs: performance.now() - since,
  })
  // Whoever ended the stream has said what is known of it.
  if (outcome.uncertain && signal.aborted) return undefined
  const result = outcome.uncertain && tool.once ? await askAbout(call, settings) : outcome.result
  await ledger?.ended(record, result)
  return result
}

/** The event of a result. */
export function resultEvent(
  index: number,
  { part }: Call,
  result: RunResult,
  preliminary?: true,
): ToolResultContent {
  const { id, name } = part
  return {
    type: 'content',
    index,
    kind: 'tool-result',
    id,
    name,
    ...result,
    output: result.output,
    ...(preliminary ? { preliminary } : {}),
  }
}

/** The result of a run that was given up with its stream. */
export const givenUp: RunResult = refused(uncertain)
