/**
 * A span for each run of a tool.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { LoopHooks, ToolEnd, ToolStart } from '../loop/options.js'
import { type Attributes, errorStatus, internalKind, type Span, type Tracer } from './api.js'
import { attribute, reportedName, toolOperation } from './conventions.js'

/** @param parent - returns the context of the stream's span */
export function observeTools(
  tracer: Tracer,
  parent: () => never,
  recordContent: boolean,
): Required<Pick<LoopHooks, 'onToolStart' | 'onToolEnd'>> {
  /** The runs in progress, by their keys. */
  const spans = new Map<string, Span>()

  const begin = ({ call: { id, name, input }, step }: ToolStart, startTime: number): Span => {
    const attributes: Attributes = {
      [attribute.operation]: toolOperation,
      [attribute.toolName]: name,
      [attribute.toolType]: 'function',
      [attribute.step]: step,
    }
    const callId = reportedName(id)
    if (callId !== undefined) attributes[attribute.toolCallId] = callId
    if (recordContent) attributes[attribute.toolCallArguments] = textOf(input)
    const options = { kind: internalKind, attributes, startTime }
    return tracer.startSpan(`${toolOperation} ${name}`, options, parent())
  }

  return {
    onToolStart(run: ToolStart) {
      spans.set(run.key, begin(run, Date.now()))
    },

    onToolEnd(run: ToolEnd) {
      const { key, error, output, durationMs } = run
      // A call with invalid arguments ends without having run.
      const span = spans.get(key) ?? begin(run, Date.now() - durationMs)
      spans.delete(key)
      if (error !== undefined) {
        const type = nameOf(error)
        const message = recordContent && error instanceof Error ? error.message : type
        span.setAttributes({ [attribute.errorType]: type })
        span.setStatus({ code: errorStatus, message })
      } else if (recordContent) span.setAttributes({ [attribute.toolCallResult]: textOf(output) })
      span.end()
    },
  }
}

/** Attributes of spans hold no objects. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

/** A name of few values, as the conventions require. */
function nameOf(error: unknown): string {
  if (StreamError.is(error)) return error.code
  return error instanceof Error && /^\w{1,100}$/.test(error.name) ? error.name : '_OTHER'
}
