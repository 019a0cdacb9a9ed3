/**
 * The decision about a call: it runs, it waits, or it has a result already.
 *
 * @module
 */

import { callHook } from '../base/call-hook.js'
import { StreamError } from '../base/errors.js'
import type { Message } from '../base/messages.js'
import { optionError } from '../base/option-error.js'
import { isRecord } from '../base/read-json.js'
import type { StreamRequest } from '../base/request.js'
import { type ApproveContext, denied, type Tool, ToolResult } from '../base/tools.js'
import type { WaitingCall } from '../base/typed-calls.js'
import { type Call, summaryOf } from './calls.js'
import { type Ledger, processLedger, type RunResult } from './ledger.js'
import type { LoopOptions } from './options.js'
import { bounded, checkInput, uncertain, wordsOf } from './run-tool.js'
import type { Sealer } from './seal.js'
import { ToolError } from './tool-error.js'

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

/** The step that calls belong to. */
export interface StepOfCalls {
  tools: NonNullable<StreamRequest['tools']>
  /** From 1; 0 for the calls that the request began with. */
  step: number
  messages: readonly Message[]
}

/** A decision about a call before it runs. */
export type Plan =
  | { call: Call; result: RunResult }
  | { call: Call; waits: WaitingCall['for'] }
  | RunPlan

export interface RunPlan {
  call: Call
  tool: Tool
  input: unknown
}

const defaultMaxResultCharacters = 100_000

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

export async function decide(call: Call, of: StepOfCalls, settings: RunSettings): Promise<Plan> {
  const { part, approval } = call
  const { name } = part
  if (part.error !== undefined) return { call, result: refused(part.error) }
  const tool = Object.hasOwn(of.tools, name) ? of.tools[name] : undefined
  if (tool === undefined) {
    const names = Object.keys(of.tools).join(', ') || 'none'
    return { call, result: refused(`There is no tool "${name}". Tools: ${names}.`) }
  }
  if (tool.run !== undefined && (await checkOrigin(call, tool, settings)) === 'expired') {
    return { call, result: refused('The call has expired. Call again if it is still needed.') }
  }
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
    const about = { id: settings.id, call: summaryOf(call), key: keyOf(call, settings) }
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
export function ledgerOf({ once }: Tool, { ledger }: RunSettings): Ledger | undefined {
  return ledger ?? (once ? processLedger : undefined)
}

/** @throws StreamError `invalid-request` for a call that may not come from the model */
async function checkOrigin(
  call: Call,
  tool: Tool,
  settings: RunSettings,
): Promise<'valid' | 'expired'> {
  if (call.fresh || settings.trusted) return 'valid'
  const { seal } = call.part
  const { sealer } = settings
  if (sealer !== undefined) {
    const state = await sealer.check(scopeOf(call, settings), call.part)
    if (state !== 'invalid') return state
    const what = seal === undefined ? 'has no seal' : 'does not match its seal'
    throw refusal(call, `${what}: it was changed, or was not made here.`)
  }
  if (seal !== undefined) {
    throw refusal(call, 'has a seal, and nothing can check it. Set signingKey.')
  }
  if (!tool.approve) return 'valid'
  throw refusal(
    call,
    'needs approval, and nothing proves that the model made it. Set signingKey, or use a conversation.',
  )
}

function refusal({ part: { id, name } }: Call, why: string): StreamError {
  const message = `The call ${id} of the tool "${name}" ${why}`
  return new StreamError('invalid-request', message, { status: 400 })
}

export async function askAbout(call: Call, settings: RunSettings): Promise<RunResult> {
  try {
    const about = { ...summaryOf(call), key: keyOf(call, settings) }
    const known = await settings.options.onUncertain?.(about)
    return known === undefined
      ? refused(uncertain)
      : bounded(new ToolResult(known), maxOf(settings))
  } catch {
    // The turn goes on with what is known.
    return refused(uncertain)
  }
}

export function refused(output: string): RunResult {
  return { output, isError: true }
}

export function maxOf({ options }: RunSettings): number {
  return options.maxResultCharacters ?? defaultMaxResultCharacters
}
