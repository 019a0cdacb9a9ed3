/**
 * OpenTelemetry spans and metrics of streams.
 *
 * @module
 */

import { checkOptions, flag, type Rules } from '../base/check-options.js'
import type { StreamError } from '../base/errors.js'
import type { ResponseDetails, Usage } from '../base/events.js'
import type { StreamAttempt, StreamEnd, StreamHooks, StreamRetry } from '../base/hooks.js'
import type { StreamRequest } from '../base/request.js'
import type { LoopHooks } from '../loop/options.js'
import {
  type Attributes,
  type AttributeValue,
  clientKind,
  errorStatus,
  type Histogram,
  type Meter,
  type OpenTelemetryApi,
  type Span,
  type Tracer,
} from './api.js'
import { contentOf } from './content.js'
import {
  attribute,
  durationMetric,
  event,
  type Metric,
  operation,
  providers,
  reportedName,
  responseHeader,
  timeToFirstChunkMetric,
  tokensMetric,
} from './conventions.js'
import { observeTools } from './tools.js'

/** Options of `telemetry()`. */
export interface TelemetryOptions {
  /**
   * Whether spans hold what was said: messages, instructions and stop sequences of the request, the
   * arguments and results of tools, and the whole message of an error, which may quote the provider
   * and a part of a wrong key. The answer is not recorded.
   *
   * @default false
   */
  recordContent?: boolean
}

const rules: Rules<TelemetryOptions> = { recordContent: flag }

/** The hooks that record a stream and the runs of its tools. */
export type TelemetryHooks = Required<StreamHooks> &
  Required<Pick<LoopHooks, 'onToolStart' | 'onToolEnd'>>

/** Returns the hooks of one stream. */
export type Telemetry = (attributes?: Attributes) => TelemetryHooks

/**
 * Records one span for each stream by OpenTelemetry's conventions for generative AI, with its
 * attempts and retries as events, a child span for each run of a tool, and metrics for duration,
 * time to the first content, and tokens.
 * Spans and metrics hold names, numbers and codes. Without `recordContent`, they hold no prompt, no
 * answer and no words of a provider.
 *
 * The parent of a span is the span that is active when the hooks are created. The span begins with
 * the first attempt and ends with the stream.
 *
 * @param api - the module `@opentelemetry/api`, or an object with the same `trace`, `metrics` and
 * `context`
 * @throws TypeError for anything else, and for an invalid option
 * @example
 * ```ts
 * import * as opentelemetry from '@opentelemetry/api'
 * import { telemetry } from 'sluice/otel'
 *
 * const observe = telemetry(opentelemetry)
 * createStream({ driver, messages, ...observe({ 'gen_ai.conversation.id': id }) })
 * ```
 */
export function telemetry(api: OpenTelemetryApi, options: TelemetryOptions = {}): Telemetry {
  checkApi(api)
  checkOptions('telemetry', options, rules)
  const { recordContent = false } = options
  let instruments: Instruments | undefined
  return (attributes = {}) => {
    // Not earlier: an SDK that is registered later would be missed.
    instruments ??= instrumentsOf(api)
    const parent = api.context.active() as never
    return observeStream(instruments, parent, attributes, recordContent, (span) =>
      span === undefined
        ? parent
        : ((api.trace.setSpan?.(parent, span as never) ?? parent) as never),
    )
  }
}

function checkApi(api: OpenTelemetryApi | undefined): void {
  const functions = [api?.trace?.getTracer, api?.metrics?.getMeter, api?.context?.active]
  if (functions.every((each) => typeof each === 'function')) return
  throw new TypeError(
    'Option "api" is not the module @opentelemetry/api. Run `npm install @opentelemetry/api`, then `import * as opentelemetry from \'@opentelemetry/api\'` and call telemetry(opentelemetry).',
  )
}

interface Instruments {
  tracer: Tracer
  duration: Histogram
  timeToFirstChunk: Histogram
  tokens: Histogram
}

function instrumentsOf({ trace, metrics }: OpenTelemetryApi): Instruments {
  const meter = metrics.getMeter('sluice')
  return {
    tracer: trace.getTracer('sluice'),
    duration: histogram(meter, durationMetric),
    timeToFirstChunk: histogram(meter, timeToFirstChunkMetric),
    tokens: histogram(meter, tokensMetric),
  }
}

function histogram(meter: Meter, { name, description, unit, boundaries }: Metric): Histogram {
  const advice = { explicitBucketBoundaries: [...boundaries] }
  return meter.createHistogram(name, { description, unit, advice })
}

type Asked = Pick<StreamAttempt, 'provider' | 'model'>

function observeStream(
  { tracer, duration, timeToFirstChunk, tokens }: Instruments,
  parent: never,
  own: Attributes,
  recordContent: boolean,
  within: (span: Span | undefined) => never,
): TelemetryHooks {
  let span: Span | undefined
  const asked: Asked[] = []

  const begin = (who: Asked, id: string, request: StreamRequest, startTime: number): Span =>
    tracer.startSpan(
      `${operation} ${who.model}`,
      {
        kind: clientKind,
        attributes: {
          ...namesOf(who),
          [attribute.streamId]: id,
          ...paramsOf(request),
          ...(recordContent ? given(contentOf(request)) : {}),
          ...own,
        },
        startTime,
      },
      parent,
    )

  return {
    ...observeTools(tracer, () => within(span), recordContent),

    onAttempt({ id, attempt, provider, model, request }: StreamAttempt) {
      const who = { provider, model }
      span ??= begin(who, id, request, Date.now())
      asked.push(who)
      span.addEvent(event.attempt, { ...namesOf(who), [attribute.attempt]: attempt })
    },

    onRetry({ attempt, step, delayMs, mode, error }: StreamRetry) {
      span?.addEvent(event.retry, {
        ...given({ [attribute.step]: step }),
        [attribute.attempt]: attempt,
        [attribute.delay]: delayMs / 1000,
        [attribute.mode]: mode,
        [attribute.errorType]: error.code,
      })
    },

    onEnd(end: StreamEnd) {
      const { id, provider, model, error, usage, wasted, timing } = end
      // A stream that was cancelled before the first request has a span, too, or its end would be
      // missed.
      span ??= begin({ provider, model }, id, {}, Date.now() - timing.durationMs)
      const reported = error === undefined ? reportedName(model) : undefined
      const answered = given({ [attribute.responseModel]: reported })
      const names = { ...namesOf(whoWas(end, asked)), ...answered }
      const first = timing.firstContentMs
      const failed = error === undefined ? {} : { [attribute.errorType]: error.code }
      span.setAttributes({
        ...names,
        ...failed,
        ...given({
          [attribute.responseId]: reportedName(end.responseId),
          ...headersOf(end.response),
          [attribute.finishReasons]: end.finishReason && [end.finishReason],
          [attribute.timeToFirstChunk]: first === null ? undefined : first / 1000,
          [attribute.wastedInputTokens]: wasted?.inputTokens,
          [attribute.wastedOutputTokens]: wasted?.outputTokens,
        }),
        ...tokensOf(usage),
        [attribute.attempts]: end.attempts,
      })
      if (error !== undefined) {
        const message = recordContent ? error.message : publicWords(error)
        span.setStatus({ code: errorStatus, message })
      }
      span.end()

      duration.record(timing.durationMs / 1000, { ...names, ...failed }, parent)
      if (first !== null) timeToFirstChunk.record(first / 1000, names, parent)
      // Estimates are left out, because they cannot be told from real counts once they are added
      // up.
      if ('estimated' in usage) return
      const { inputTokens, outputTokens } = usage
      const counts = [
        ['input', inputTokens],
        ['output', outputTokens],
      ] as const
      for (const [type, count] of counts) {
        if (count !== undefined)
          tokens.record(count, { ...names, [attribute.tokenType]: type }, parent)
      }
    },
  }
}

/**
 * The driver that answered, with the model that was requested; `complete` has the model that the
 * provider reported.
 */
function whoWas({ provider, model, error }: StreamEnd, asked: readonly Asked[]): Asked {
  if (error !== undefined) return { provider, model }
  const likely = asked.filter((each) => each.provider === provider)
  // Providers report the name of a version of the model.
  return (
    likely.findLast((each) => model.startsWith(each.model)) ?? likely.at(-1) ?? { provider, model }
  )
}

function namesOf({ provider, model }: Asked): Attributes {
  return {
    [attribute.operation]: operation,
    [attribute.provider]: providers[provider] ?? provider,
    [attribute.requestModel]: model,
  }
}

function paramsOf(request: StreamRequest): Attributes {
  return given({
    [attribute.stream]: true,
    [attribute.maxTokens]: request.maxOutputTokens,
    [attribute.temperature]: request.temperature,
    [attribute.topP]: request.topP,
    [attribute.seed]: request.seed,
    [attribute.outputType]: request.output === undefined ? undefined : 'json',
  })
}

/** The provider's words are in `error.message`, with whatever they quote of the request. */
function publicWords({ code, publicMessage }: StreamError): string {
  return `${code}: ${publicMessage}`
}

function tokensOf(usage: Usage): Attributes {
  return given({
    [attribute.inputTokens]: usage.inputTokens,
    [attribute.outputTokens]: usage.outputTokens,
    [attribute.reasoningTokens]: usage.reasoningTokens,
    [attribute.cacheReadTokens]: usage.cachedInputTokens,
    [attribute.cacheCreationTokens]: usage.cacheWriteInputTokens,
  })
}

function given(attributes: Record<string, AttributeValue | undefined>): Attributes {
  const known = Object.entries(attributes).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as Attributes
}

/** Ids of the request, rate limits and processing times, as the conventions for HTTP name them. */
function headersOf({ headers = {} }: ResponseDetails = {}): Record<string, string[]> {
  const named = Object.entries(headers).map(([name, value]) => [
    `${responseHeader}${name}`,
    [value],
  ])
  return Object.fromEntries(named) as Record<string, string[]>
}
