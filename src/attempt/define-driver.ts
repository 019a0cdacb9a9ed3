/**
 * Drivers made of sources, and the source of any driver.
 *
 * @module
 */

import type { Driver } from '../base/driver.js'
import type { StreamRequest } from '../base/request.js'
import type { OutputSchema } from '../base/schema.js'
import { generate } from '../pull/generator.js'
import type { OpenContext, Source } from '../pull/source.js'
import { openClocked } from './clocks.js'
import { GeneratorSource } from './generator-source.js'
import type { OutputReading } from './structured-output/output-reading.js'
import { readOutput } from './structured-output/read-output.js'

type OpenSource = (request: StreamRequest, context: OpenContext) => Source

// Not Symbol.for: a driver of another copy of this package is read through its generator, whose
// shape never changes.
const openSource = Symbol('sluice.openSource')

/**
 * The property is on the function, not the driver, so that a copy of a driver with its own `stream`
 * is read through that stream.
 */
type SourceStream = Driver['stream'] & { [openSource]?: OpenSource }

/** The parts of a driver that sends requests itself. */
export interface DriverParts<Plan extends OutputReading>
  extends Pick<Driver, 'provider' | 'model' | 'continuation'> {
  /** How structured output is requested. Absent if that is the driver's own affair. */
  plan?: ((output: OutputSchema, request: StreamRequest) => Plan) | undefined
  /** @param plan - undefined if the request has no `output`, or the driver no plans */
  open(request: StreamRequest, context: OpenContext, plan: Plan | undefined): Source
}

/** Creates a driver that sends requests itself. */
export function defineDriver<Plan extends OutputReading>(parts: DriverParts<Plan>): Driver {
  return defineLayer(parts, (request, context) => openAttempt(parts, request, context))
}

/**
 * Creates a driver that delegates to other drivers.
 *
 * @param like - the driver whose name and continuation it takes
 */
export function defineLayer(
  like: Pick<Driver, 'provider' | 'model' | 'continuation'>,
  open: OpenSource,
): Driver {
  const stream: SourceStream = (request, context) => {
    const { attempt, signal } = context
    let last = attempt
    const nextAttempt = (): number => ++last
    const onBytes = (): void => context.onBytes()
    // A generator pulls only while its `next()` is pending.
    const isAwaited = (): boolean => true
    const inner = { attempt, nextAttempt, isAwaited, onBytes, onAttempt: ignore }
    return generate(open(request, inner), signal)
  }
  stream[openSource] = open
  return {
    provider: like.provider,
    model: like.model,
    ...(like.continuation === undefined
      ? {}
      : { continuation: (request: StreamRequest) => like.continuation?.(request) ?? 'request' }),
    stream,
  }
}

function ignore(): void {}

/** The source of any driver: of this package's directly, of any other through its generator. */
export function openDriver(driver: Driver, request: StreamRequest, context: OpenContext): Source {
  const open = (driver.stream as SourceStream)[openSource]
  if (open !== undefined) return open(request, context)
  const { provider, model } = driver
  return openAttempt(
    {
      provider,
      model,
      open: (requested, within) => new GeneratorSource(driver, requested, within),
    },
    request,
    context,
  )
}

function openAttempt<Plan extends OutputReading>(
  { provider, model, plan, open }: DriverParts<Plan>,
  request: StreamRequest,
  context: OpenContext,
): Source {
  context.onAttempt({ attempt: context.attempt, provider, model })
  return openClocked(
    provider,
    context,
    (within) =>
      within.resumption?.open(within) ??
      readOutput(request, provider, plan, (planned) => open(request, within, planned)),
  )
}
