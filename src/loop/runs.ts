/**
 * The runs of one step: which calls run, which wait, and what they give.
 *
 * @module
 */

import { callHook } from '../base/call-hook.js'
import { isRecord, optionError } from '../base/check-options.js'
import { StreamError } from '../base/errors.js'
import type { ToolResultContent, WaitingCall } from '../base/events.js'
import type { Message } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import { type ApproveContext, denied, type Tool } from '../base/tools.js'
import type { Call } from './calls.js'
import { ToolError, ToolResult } from './define-tool.js'
import { type Ledger, processLedger, type RunResult } from './ledger.js'
import type { LoopOptions } from './options.js'
import {
  bounded,
  checkInput,
  type Outcome,
  runTool,
  type RunSettings as ToolRunSettings,
  uncertain,
  wordsOf,
} from './run-tool.js'
import type { Sealer } from './seal.js'

/** What all runs of a turn have in common. */
export interface RunSettings {
  /** The id of the `start` event. */
  id: string
  options: LoopOptions
  toolMs: number
  conversationId: string | undefined
  /** The messages come from a store, and nobody else has had them. */
  trusted: boolean
  sealer: Sealer | undefined
  ledger: Ledger | undefined
}

export interface RunsOfStep {
  calls: readonly Call[]
  tools: NonNullable<StreamRequest['tools']>
  /** From 1; 0 for the calls that the request began with. */
  step: number
  messages: readonly Message[]
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

/** A decision about a call before it runs. */
type Plan = { call: Call; result: RunResult } | { call: Call; waits: WaitingCall['for'] } | RunPlan

interface RunPlan {
  call: Call
  tool: Tool
  input: unknown
}

const defaultMaxResultCharacters = 100_000

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
    const { id, name, input } = plan.call.part
    const before = waiting.get(id)
    // A result belongs to the first call of its id without one, so those behind it wait as well.
    if (before !== undefined) before.push({ id, name, input, for: waitsOf(plan) ?? 'steps' })
    else if ('waits' in plan) waiting.set(id, [{ id, name, input, for: plan.waits }])
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

function waitsOf(plan: Plan): WaitingCall['for'] | undefined {
  return 'waits' in plan ? plan.waits : undefined
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

/** The idempotency key of a call. */
export function keyOf({ part, messageId, ordinal }: Call, { conversationId }: RunSettings): string {
  const scope = conversationId === undefined ? [] : [conversationId]
  const count = ordinal === 0 ? [] : [String(ordinal)]
  return [...scope, messageId, part.id, ...count].map(escaped).join('/')
}

/** Models choose ids, and the key of `a/1` must not be that of the second `a`. */
function escaped(id: string): string {
  return id.replace(/[%/]/g, encodeURIComponent)
}

/** What a call is sealed with, beside its own words. */
export function scopeOf({ messageId }: Call, { conversationId }: RunSettings): string {
  return conversationId ?? messageId
}

async function decide(call: Call, of: RunsOfStep, settings: RunSettings): Promise<Plan> {
  const { part, approval } = call
  const { name } = part
  if (part.error !== undefined) return { call, result: refused(part.error) }
  const tool = Object.hasOwn(of.tools, name) ? of.tools[name] : undefined
  if (tool === undefined) {
    const names = Object.keys(of.tools).join(', ') || 'none'
    return { call, result: refused(`There is no tool "${name}". Tools: ${names}.`) }
  }
  if (tool.run !== undefined) await checkOrigin(call, tool, settings)
  if (approval !== undefined && !approval.approved) {
    const reason = approval.reason === undefined ? '' : ` Reason: ${approval.reason}`
    return { call, result: refused(`${denied}${reason}`) }
  }
  if (tool.run === undefined) return { call, waits: 'client' }
  const earlier = await ledgerOf(tool, settings)?.find(keyOf(call, settings))
  if (earlier?.result !== undefined) return { call, result: earlier.result }
  if (earlier !== undefined && tool.once) {
    return { call, result: await askAbout(call, settings) }
  }
  try {
    if (!part.custom && !isRecord(part.input)) {
      throw new ToolError('The arguments are not a JSON object.')
    }
    // A tool that changes its arguments must not change the message.
    const input = await checkInput(tool, structuredClone(part.input))
    const context = { id: part.id, step: of.step, messages: of.messages }
    if (approval === undefined && (await needsApproval(tool, input, context))) {
      return { call, waits: 'approval' }
    }
    return { call, tool, input }
  } catch (error) {
    const { id, input } = part
    const about = { id: settings.id, call: { id, name, input }, key: keyOf(call, settings) }
    callHook(settings.options.onToolEnd, { ...about, step: of.step, error, durationMs: 0 })
    return { call, result: refused(wordsOf(error)) }
  }
}

async function needsApproval(
  tool: Tool,
  input: unknown,
  context: ApproveContext,
): Promise<boolean> {
  if (typeof tool.approve !== 'function') return tool.approve ?? false
  const needed: unknown = await tool.approve(input, context)
  // A generator, or nothing at all, would let calls through or hold all of them.
  if (typeof needed !== 'boolean') throw optionError('approve', needed, 'true or false')
  return needed
}

/** Without a store, only calls that must not run twice are remembered. */
function ledgerOf({ once }: Tool, { ledger }: RunSettings): Ledger | undefined {
  return ledger ?? (once ? processLedger : undefined)
}

/** @throws StreamError `invalid-request` for a call that may not come from the model */
async function checkOrigin(call: Call, tool: Tool, settings: RunSettings): Promise<void> {
  if (call.fresh || settings.trusted) return
  const { id, name, seal } = call.part
  const { sealer } = settings
  if (sealer !== undefined) {
    if (await sealer.isValid(scopeOf(call, settings), call.part)) return
    const what = seal === undefined ? 'has no seal' : 'does not match its seal'
    throw invalid(
      `The call ${id} of the tool "${name}" ${what}: it was changed, or was not made here.`,
    )
  }
  if (seal !== undefined) {
    throw invalid(
      `The call ${id} of the tool "${name}" has a seal, and nothing can check it. Set signingKey.`,
    )
  }
  if (tool.approve === undefined || tool.approve === false) return
  throw invalid(
    `The call ${id} of the tool "${name}" needs approval, and nothing proves that the model made it. Set signingKey, or use a conversation.`,
  )
}

function invalid(message: string): StreamError {
  return new StreamError('invalid-request', message, { status: 400 })
}

async function askAbout({ part, ...call }: Call, settings: RunSettings): Promise<RunResult> {
  const { id, name, input } = part
  const key = keyOf({ part, ...call }, settings)
  try {
    const known = await settings.options.onUncertain?.({ id, name, input, key })
    return known === undefined
      ? refused(uncertain)
      : bounded(new ToolResult(known), maxOf(settings))
  } catch {
    // The turn goes on with what is known.
    return refused(uncertain)
  }
}

function refused(output: string): RunResult {
  return { output, isError: true }
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
  const { id, name, input: sent } = call.part
  const key = keyOf(call, settings)
  const about = { id, name, input: sent }
  const record = { key, ...about }
  const isFirst = await ledger?.started(record)
  if (signal.aborted) return undefined
  if (isFirst === false && tool.once) return askAbout(call, settings)
  callHook(options.onToolStart, { id: settings.id, call: about, key, step })
  const since = performance.now()
  const outcome: Outcome = await runTool(
    tool,
    input,
    { id, key, step, messages },
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

function maxOf({ options }: RunSettings): number {
  return options.maxResultCharacters ?? defaultMaxResultCharacters
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
