/**
 * Options of turns with tools that run.
 *
 * @module
 */

import { func, integer, type Rule, type Rules, rule } from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import type { Message } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import type { ToolSet, ToolType, ToolTypesOf } from '../base/tool-types.js'
import type { RunContext, ToolOutput } from '../base/tools.js'

/** Options of a stream whose tools run. */
export interface LoopOptions<Tools extends ToolSet = ToolSet> extends LoopHooks<Tools> {
  /**
   * The number of answers of the model in one turn. The calls of the last one are not run: the
   * answer ends with `tool-calls`, and the next request continues.
   * @default 10
   */
  maxSteps?: number
  /** Called before each step. What it returns replaces that part of the request for this step. */
  beforeStep?(
    about: BeforeStep,
  ): StepChanges<Tools> | undefined | Promise<StepChanges<Tools> | undefined>
  /**
   * How many tools run at the same time.
   * @default Infinity
   */
  toolConcurrency?: number
  /**
   * The longest result of a tool that the model receives, in characters. A longer one is cut, and
   * says so.
   * @default 100_000
   */
  maxResultCharacters?: number
  /**
   * The key for seals of calls. With it, calls in the messages run only if their seal shows that
   * this server made them. Without it, calls of tools with `approve` run only from the store of a
   * conversation.
   */
  signingKey?: string | Uint8Array
  /**
   * How long a sealed call may wait, such as for approval, in milliseconds. A call that comes back
   * later is not run, and the model is told.
   * @default Infinity
   */
  sealTtlMs?: number
  /**
   * Decides about a call of a tool with `once` of which it is not known whether it ran.
   *
   * @returns its result, of the type that `run` returns. If it returns undefined or throws, the result
   *   says that it is not known, and the model decides
   */
  onUncertain?(call: UncertainCall): ToolOutput | undefined | Promise<ToolOutput | undefined>
}

/** The argument of `beforeStep`. */
export interface BeforeStep {
  /** From 1. */
  step: number
  /** The conversation so far. */
  messages: readonly Message[]
}

/** What `beforeStep` changes, for its step only. */
export interface StepChanges<Tools extends ToolSet = ToolSet>
  extends Partial<Pick<StreamRequest, 'messages' | 'toolChoice'>> {
  /** Some or all of the tools of the request, or others of the same names and types. */
  tools?: Partial<Tools>
  driver?: Driver
}

/** A call of which it is not known whether it ran. */
export interface UncertainCall {
  id: string
  name: string
  input: unknown
  /** The idempotency key that the run had. */
  key: string
}

/** Hooks of a turn. Nothing waits for them, and their errors are ignored. */
export interface LoopHooks<Tools extends ToolSet = ToolSet> {
  /** Called after each answer of the model. */
  onStep?(step: StepEnd): unknown
  /** Called before each run. The call has been validated. */
  onToolStart?(run: ToolStart<RunCallOf<ToolTypesOf<Tools>>>): unknown
  /** Called after each run, and for a call whose arguments are invalid. */
  onToolEnd?(run: ToolEnd): unknown
}

/** The argument of `onStep`. */
export interface StepEnd {
  /** The id of the `start` event. */
  id: string
  step: number
  text: string
  calls: readonly RunCall[]
}

/** A call as the model sent it. */
export interface RunCall<Name extends string = string, Input = unknown> {
  id: string
  name: Name
  input: Input
}

/** A call of one of these tools that runs. Narrow it by its name. */
export type RunCallOf<Tools extends ToolType> =
  Tools extends ToolType<infer Name, infer Input> ? RunCall<Name, Input> : never

/** The argument of `onToolStart`. */
export interface ToolStart<Call = RunCall> extends Pick<RunContext, 'key' | 'step'> {
  /** The id of the `start` event. */
  id: string
  call: Call
}

/** The argument of `onToolEnd`. */
export interface ToolEnd extends ToolStart {
  output?: unknown
  /** Why it failed: what `run` threw, or the time limit. */
  error?: unknown
  durationMs: number
}

const atLeastOne: Rule = rule(
  'an integer from 1, or Infinity',
  (value) => value === Infinity || (integer.isAllowed(value) && value !== 0),
)

/** @internal */
export const signingKeyRule: Rule = {
  ...rule(
    'a string of at least 16 characters, or 16 bytes',
    (value) => (typeof value === 'string' || value instanceof Uint8Array) && value.length >= 16,
  ),
  secret: true,
}

/** @internal */
export const loopRules: Rules<LoopOptions> = {
  maxSteps: atLeastOne,
  beforeStep: func,
  toolConcurrency: atLeastOne,
  maxResultCharacters: atLeastOne,
  signingKey: signingKeyRule,
  sealTtlMs: rule(
    'milliseconds above 0, or Infinity',
    (value) => typeof value === 'number' && value > 0,
  ),
  onUncertain: func,
  onStep: func,
  onToolStart: func,
  onToolEnd: func,
}
