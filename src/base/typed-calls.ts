/**
 * Calls and results, in content, messages and steps, whose types are those of the tools.
 *
 * @module
 */

import type { ToolResultContent } from './content-kinds.js'
import type { OutputPart, ToolResultPart } from './messages.js'
import type { ToolType } from './tool-types.js'

/** A call in a step, with its result. */
export interface StepCall<Name extends string = string, Input = unknown, Output = unknown> {
  id: string
  name: Name
  /** The arguments as the model sent them. */
  input: Input
  /** Absent if the call has no result yet. */
  output?: Output
  isError?: boolean
}

/** A call that waits. */
export interface WaitingCall<Name extends string = string, Input = unknown> {
  id: string
  name: Name
  /** The arguments as the model sent them. They have been validated if `for` is `approval`. */
  input: Input
  /**
   * `approval`: a person has to allow it. `client`: the tool has no `run`, so its result comes with
   * the next request. `steps`: the turn has reached `maxSteps`.
   */
  for: 'approval' | 'client' | 'steps'
}

// A model can call a tool that does not exist, with arguments of any shape. Such a call fails, or
// waits without being validated. So only results of runs, and calls that ran or wait for approval,
// have the types of a tool.

/** A result of one of these tools. Narrow it by `isError`, `preliminary` and `name`. */
export type ToolResultContentOf<Tools extends ToolType> =
  Tools extends ToolType<infer Name, unknown, infer Output>
    ? string extends Name
      ? ToolResultContent
      : WholeResult<Name, Output> | PreliminaryResult | FailedResult
    : never

/** What a tool returned. */
export interface WholeResult<Name extends string, Output> extends ToolResultContent<Name, Output> {
  isError?: false
  preliminary?: never
}

/** What a tool yielded while it runs. */
export interface PreliminaryResult extends ToolResultContent {
  isError?: never
  preliminary: true
}

/** Why a tool failed, or was not run. The model may have called a tool that does not exist. */
export interface FailedResult extends ToolResultContent {
  isError: true
  preliminary?: never
}

/** A part of an answer whose results are those of these tools. */
export type OutputPartOf<Tools extends ToolType> =
  | Exclude<OutputPart, ToolResultPart>
  | ToolResultPartOf<Tools>

/** A result of one of these tools. Narrow it by `isError` and `name`. */
export type ToolResultPartOf<Tools extends ToolType> =
  Tools extends ToolType<infer Name, unknown, infer Output>
    ? string extends Name
      ? ToolResultPart
      : WholeResultPart<Name, Output> | FailedResultPart
    : never

/** What a tool returned. */
export interface WholeResultPart<Name extends string, Output> extends ToolResultPart<Name, Output> {
  isError?: false
}

/** Why a tool failed, or was not run. The model may have called a tool that does not exist. */
export interface FailedResultPart extends ToolResultPart {
  isError: true
}

/** A call of one of these tools. Narrow it by `isError` and `name`. */
export type StepCallOf<Tools extends ToolType> =
  Tools extends ToolType<infer Name, infer Input, infer Output>
    ? string extends Name
      ? StepCall
      : WholeCall<Name, Input, Output> | OpenCall | FailedCall
    : never

/** A call that ran. */
export interface WholeCall<Name extends string, Input, Output>
  extends StepCall<Name, Input, Output> {
  output: Output
  isError?: false
}

/** A call without a result. The tool may not exist, and nothing has validated the arguments. */
export interface OpenCall extends StepCall {
  output?: never
  isError?: never
}

/** A call that failed, or was not run. The tool may not exist, and the arguments may be invalid. */
export interface FailedCall extends StepCall {
  isError: true
}

/** A waiting call of one of these tools. Narrow it by `for` and `name`. */
export type WaitingCallOf<Tools extends ToolType> =
  Tools extends ToolType<infer Name, infer Input>
    ? string extends Name
      ? WaitingCall
      : CallForApproval<Name, Input> | UncheckedCall
    : never

/** A call that a person has to allow. Its arguments have been validated. */
export interface CallForApproval<Name extends string, Input> extends WaitingCall<Name, Input> {
  for: 'approval'
}

/** A call whose arguments nothing has validated, perhaps of a tool that does not exist. */
export interface UncheckedCall extends WaitingCall {
  for: 'client' | 'steps'
}
