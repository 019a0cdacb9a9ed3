/**
 * How content moves inside the library: pulled, one network chunk at a time, by callback. A promise or a generator for each
 * layer would cost more than reading the wire does; these are the public face only (`Driver.stream`, `EventStream`).
 *
 * @module
 */

import type { StreamError } from '../errors.js'
import type { OutputSchema, StreamRequest } from '../messages.js'
import type { Completion, ContentEvent, Driver, RetryEvent, UsageSum } from '../types.js'
import { type Clocks, openClocked } from './clocks.js'
import { GeneratorSource, generate } from './generator.js'
import type { OutputReading } from './output.js'
import { readOutput } from './read-output.js'

/** Where the answer to a pull goes: exactly one of these is called, once for each pull. */
export interface Sink {
  /** All content that one network chunk held; never empty. */
  batch(events: readonly ContentEvent[]): void
  retry(event: RetryEvent): void
  done(completion: Completion): void
  fail(error: StreamError): void
}

/** One attempt, or several of them behind one face. Lazy: nothing is sent before the first pull. */
export interface Source {
  /** Asks for what comes next. One pull at a time, and none after `done` or `fail`. */
  pull(sink: Sink): void
  /** Frees everything at once. A pull that waits is not answered any more: whoever closes answers it. */
  close(): void
  /** The completion, if a terminal marker has been read already although the source has not said `done` yet. */
  finished(): Completion | undefined
  /** What the provider has said so far that the running attempt costs. It stays readable after `fail` and `close`. */
  usage(): UsageSum
  /**
   * After `fail` or `close`: how to pick the response up again that goes on at the provider. A source that stands for several drivers
   * has none.
   */
  resumption?(): Resumption | undefined
}

/** A response that goes on at the provider although its connection was lost. */
export interface Resumption {
  /** Gives what follows the last event that was read, in the same numbering. */
  open(context: OpenContext): Source
  /** Ends the response at the provider. Nothing waits for it. */
  cancel(): void
}

export interface OpenContext {
  /** The number of the attempt that the source begins with, from 1. */
  attempt: number
  /** Given by the last attempt, to be picked up instead of sending the request again. */
  resumption?: Resumption
  /** Gives a further attempt its number: one more than the last, whichever layer asks. */
  nextAttempt(): number
  /** Whether the reader waits for an event. A layer may pull although it does not. */
  isAwaited(): boolean
  /** For the layer of each attempt. Absent: none run. */
  clocks?: Partial<Clocks>
  onBytes(): void
  /** Each request that is about to be sent, whichever layer sends it. */
  onAttempt(attempt: Attempt): void
}

export interface Attempt {
  /** From 1 */
  attempt: number
  provider: string
  model: string
}

type Open = (request: StreamRequest, context: OpenContext) => Source

// Not Symbol.for: a driver of another copy of this package goes through the public face, which never changes its shape.
const open = Symbol('sluice.open')

/** What a driver needs for such a request alone, and so is loaded for it. */
type Load = (request: StreamRequest) => Promise<unknown> | undefined

const load = Symbol('sluice.load')

/** It is the function that knows, not the driver: a copy of a driver with a `stream` of its own is asked by that. */
type SourceStream = Driver['stream'] & { [open]?: Open; [load]?: Load }

/** How a driver asks a model itself. */
export interface DriverParts<Plan extends OutputReading>
  extends Pick<Driver, 'provider' | 'model' | 'continuation'> {
  /** How structured output is asked for. */
  plan(output: OutputSchema, request: StreamRequest): Promise<Plan>
  /** @param plan - undefined where the request asks for no structured output */
  open(request: StreamRequest, context: OpenContext, plan: Plan | undefined): Source
}

/** A driver that asks a model itself, made of a source. */
export function defineDriver<Plan extends OutputReading>(parts: DriverParts<Plan>): Driver {
  return defineLayer(
    parts,
    (request, context) => openAttempt(parts, request, context),
    (request) => request.output && parts.plan(request.output, request),
  )
}

/**
 * A driver that asks other drivers, made of a source.
 *
 * @param like - the driver that it stands for, in name and in how the model goes on with an answer
 * @param loads - see `preload`
 */
export function defineLayer(
  like: Pick<Driver, 'provider' | 'model' | 'continuation'>,
  openSource: Open,
  loads: Load,
): Driver {
  const stream: SourceStream = (request, context) => {
    const { attempt, signal } = context
    let last = attempt
    const nextAttempt = (): number => ++last
    const onBytes = (): void => context.onBytes()
    // A generator pulls for as long as its `next()` waits.
    const isAwaited = (): boolean => true
    const inner = { attempt, nextAttempt, isAwaited, onBytes, onAttempt: ignore }
    return generate(openSource(request, inner), signal)
  }
  stream[open] = openSource
  stream[load] = loads
  return {
    provider: like.provider,
    model: like.model,
    ...(like.continuation === undefined
      ? {}
      : { continuation: (request: StreamRequest) => like.continuation?.(request) ?? 'request' }),
    stream,
  }
}

/**
 * Loads what drivers need for such a request alone. Whoever may ask a driver late calls this early: by the time that another one has failed,
 * its code may be out of reach. Never rejects, for it is loaded again where it is needed.
 */
export async function preload(drivers: readonly Driver[], request: StreamRequest): Promise<void> {
  const loads = drivers.map(async (driver) => (driver.stream as SourceStream)[load]?.(request))
  await Promise.allSettled(loads)
}

function ignore(): void {}

/** The source of any driver: our own directly, a user's through its generator. */
export function openDriver(driver: Driver, request: StreamRequest, context: OpenContext): Source {
  const openSource = (driver.stream as SourceStream)[open]
  if (openSource !== undefined) return openSource(request, context)
  const { provider, model } = driver
  return openAttempt(
    {
      provider,
      model,
      plan: planUnknown,
      open: (asked, within) => new GeneratorSource(driver, asked, within),
    },
    request,
    context,
  )
}

/** Nobody knows how a user's driver asks. */
async function planUnknown(): Promise<OutputReading> {
  return { wrapped: false, lenient: true }
}

function openAttempt<Plan extends OutputReading>(
  { provider, model, plan, open: openSource }: DriverParts<Plan>,
  request: StreamRequest,
  context: OpenContext,
): Source {
  context.onAttempt({ attempt: context.attempt, provider, model })
  return openClocked(
    provider,
    context,
    (within) =>
      within.resumption?.open(within) ??
      readOutput(request, provider, plan, (planned) => openSource(request, within, planned)),
  )
}
