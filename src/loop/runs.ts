/**
 * The runs of one step: which calls run, which wait, and what they give.
 *
 * @module
 */

import { callHook } from '../base/call-hook.js'
import { StreamError } from '../base/errors.js'
import type { ContentEvent, ToolResultContent, WaitingCall } from '../base/events.js'
import type { Message } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import { type ApproveContext, denied, type Tool } from '../base/tools.js'
import type { Call } from './calls.js'
import type { Ledger, RunResult } from './ledger.js'
import type { LoopOptions } from './options.js'
import { checkInput, type Outcome, runTool, uncertain, wordsOf } from './run-tool.js'
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
  /** The calls that run now, with the index of what they have shown. */
  running: Map<Call, { tool: Tool; index: number | undefined }>
  /** Shows a result. A preliminary one may be replaced before it is read. */
  emit(event: ToolResultContent): void
}

/** A decision about a call before it runs. */
type Plan =
  | { call: Call; result: RunResult }
  | { call: Call; waits: WaitingCall['for'] }
  | { call: Call; tool: Tool; input: unknown }

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
    const { id, name } = call.part
    of.emit({
      type: 'content',
      index,
      kind: 'tool-result',
      id,
      name,
      ...result,
      output: result.output,
      ...(preliminary ? { preliminary } : {}),
    })
  }
  // All are decided before the first one runs: a forged call must not have let others run.
  const plans = await Promise.all(of.calls.map((call) => decide(call, of, settings)))
  const { toolConcurrency = Infinity } = settings.options
  const waiting: WaitingCall[] = []
  const queue: (Plan & { tool: Tool })[] = []
  for (const plan of plans) {
    const { id, name, input } = plan.call.part
    if ('waits' in plan) waiting.push({ id, name, input, for: plan.waits })
    else if ('result' in plan) emit(plan.call, plan.result)
    else queue.push(plan)
  }
  const work = async (): Promise<void> => {
    for (let plan = queue.shift(); plan !== undefined; plan = queue.shift()) {
      const { call, tool } = plan
      of.running.set(call, { tool, index: undefined })
      const result = await run(plan, of, settings, (early) => {
        emit(call, early, true)
        of.running.set(call, { tool, index: indexes.get(call) })
      })
      // A stream that has ended asks what was running.
      if (result === undefined) return
      of.running.delete(call)
      emit(call, result)
    }
  }
  const workers = Math.min(toolConcurrency, queue.length)
  await Promise.all(Array.from({ length: workers }, work))
  return waiting
}

/** The idempotency key of a call. */
export function keyOf({ part, messageId, ordinal }: Call, { conversationId }: RunSettings): string {
  const scope = conversationId === undefined ? [] : [conversationId]
  const count = ordinal === 0 ? [] : [ordinal]
  return [...scope, messageId, part.id, ...count].join('/')
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
  if (tool.run === undefined) return { call, waits: 'client' }
  await checkOrigin(call, tool, settings)
  if (approval !== undefined && !approval.approved) {
    const reason = approval.reason === undefined ? '' : ` Reason: ${approval.reason}`
    return { call, result: refused(`${denied}${reason}`) }
  }
  const earlier = await settings.ledger?.find(keyOf(call, settings))
  if (earlier?.result !== undefined) return { call, result: earlier.result }
  if (earlier !== undefined && tool.once) {
    return { call, result: await askAbout(call, settings) }
  }
  try {
    const input = await checkInput(tool, part.input)
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
  { approve = false }: Tool,
  input: unknown,
  context: ApproveContext,
): Promise<boolean> {
  return typeof approve === 'function' ? approve(input, context) : approve
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
  const known = await settings.options.onUncertain?.({ id, name, input, key })
  return known === undefined ? refused(uncertain) : { ...known }
}

function refused(output: string): RunResult {
  return { output, isError: true }
}

/** @returns undefined if the stream has ended */
async function run(
  { call, tool, input }: Plan & { tool: Tool; input?: unknown },
  of: RunsOfStep,
  settings: RunSettings,
  onPreliminary: (result: RunResult) => void,
): Promise<RunResult | undefined> {
  const { step, messages, signal } = of
  const { options, ledger, toolMs } = settings
  const { id, name, input: sent } = call.part
  const key = keyOf(call, settings)
  const about = { id, name, input: sent }
  const record = { key, ...about }
  if (signal.aborted) return undefined
  await ledger?.started(record)
  if (signal.aborted) return undefined
  callHook(options.onToolStart, { id: settings.id, call: about, key, step })
  const since = performance.now()
  const { maxResultCharacters = defaultMaxResultCharacters } = options
  const outcome: Outcome = await runTool(
    tool,
    input,
    { id, key, step, messages, signal },
    { toolMs, maxResultCharacters, onPreliminary },
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

/** The result of a run that was given up with its stream. */
export function givenUp(index: number, { part }: Call): ContentEvent {
  const { id, name } = part
  return {
    type: 'content',
    index,
    kind: 'tool-result',
    id,
    name,
    ...refused(uncertain),
    output: uncertain,
  }
}
