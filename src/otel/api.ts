/**
 * The part of `@opentelemetry/api` that is used. The caller passes it in, so that a program has one
 * copy of it, and programs without telemetry install nothing.
 *
 * @module
 */

/** The module `@opentelemetry/api`. Your own providers can replace `trace` and `metrics`. */
export interface OpenTelemetryApi {
  trace: {
    getTracer(name: string, version?: string): Tracer
    /** Without it, the spans of tools are siblings of the stream's span. */
    setSpan?(context: never, span: never): unknown
  }
  metrics: { getMeter(name: string, version?: string): Meter }
  context: { active(): unknown }
}

/** The value of an attribute. */
export type AttributeValue = string | number | boolean | string[]
/** Attributes of a span or a measurement. */
export type Attributes = Record<string, AttributeValue>

export interface Tracer {
  startSpan(name: string, options: SpanOptions, context: never): Span
}

interface SpanOptions {
  kind: number
  attributes: Attributes
  startTime: number
}

export interface Span {
  setAttributes(attributes: Attributes): unknown
  addEvent(name: string, attributes: Attributes): unknown
  setStatus(status: { code: number; message: string }): unknown
  end(): void
}

export interface Meter {
  createHistogram(name: string, options: HistogramOptions): Histogram
}

interface HistogramOptions {
  description: string
  unit: string
  advice: { explicitBucketBoundaries: number[] }
}

export interface Histogram {
  record(value: number, attributes: Attributes, context: never): void
}

/** `SpanKind.INTERNAL` */
export const internalKind = 0

/** `SpanKind.CLIENT` */
export const clientKind = 2

/** `SpanStatusCode.ERROR` */
export const errorStatus = 2
