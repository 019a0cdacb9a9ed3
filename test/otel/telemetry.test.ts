/**
 * With the real SDK of OpenTelemetry and its exporters in memory.
 */

import * as opentelemetry from '@opentelemetry/api'
import {
  AggregationTemporality,
  type HistogramMetricData,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  StackContextManager,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { Message } from '../../src/base/messages.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { createStream, fallback, hedge, StreamError } from '../../src/entries/index.js'
import { telemetry } from '../../src/entries/otel.js'
import { scripted, simulatedProvider } from '../../src/entries/testing.js'
import { collect } from '../support/collect.js'
import { named } from '../support/drivers.js'

const { context, metrics, SpanKind, SpanStatusCode, trace } = opentelemetry
const spans = new InMemorySpanExporter()
const tracerProvider = new TracerProvider({
  spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
})
const measured = new InMemoryMetricExporter(AggregationTemporality.DELTA)
const reader = new PeriodicExportingMetricReader({
  exporter: measured,
  exportIntervalMillis: 3_600_000,
})
const meterProvider = new MeterProvider({ readers: [reader] })
const down = new StreamError('server', 'a: Down.')

// Made before the SDK is there, as a module that is imported early does.
const observe = telemetry(opentelemetry)

beforeAll(() => {
  context.setGlobalContextManager(new StackContextManager().enable())
  trace.setGlobalTracerProvider(tracerProvider)
  metrics.setGlobalMeterProvider(meterProvider)
})
afterAll(async () => {
  await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()])
  trace.disable()
  metrics.disable()
  context.disable()
})
beforeEach(async () => {
  await meterProvider.forceFlush()
  spans.reset()
  measured.reset()
})

function oneSpan() {
  const [span, ...others] = spans.getFinishedSpans()
  if (span === undefined || others.length > 0) throw new Error(`${others.length} other spans`)
  return span
}

async function points() {
  await meterProvider.forceFlush()
  const data = measured.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
  return data
    .flatMap((scope) => scope.metrics as HistogramMetricData[])
    .flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => ({
        name: descriptor.name,
        unit: descriptor.unit,
        attributes,
        value,
      })),
    )
}

test('a stream is one client span with the parameters of the request and the outcome', async () => {
  const driver = named('openai', [
    'Hi',
    {
      finishReason: 'length',
      usage: {
        inputTokens: 9,
        outputTokens: 4,
        reasoningTokens: 3,
        cachedInputTokens: 2,
        cacheWriteInputTokens: 1,
      },
      model: 'openai-model-2026',
      responseId: 'resp_1',
    },
  ])
  const stream = createStream({
    driver,
    prompt: 'secret',
    maxOutputTokens: 100,
    temperature: 0.5,
    topP: 0.9,
    seed: 7,
    stopSequences: ['END'],
    ...observe({ 'gen_ai.conversation.id': 'c1' }),
  })
  const [start] = await collect(stream)
  const span = oneSpan()
  expect(span).toMatchObject({
    name: 'chat openai-model',
    kind: SpanKind.CLIENT,
    instrumentationScope: { name: 'sluice' },
    status: { code: SpanStatusCode.UNSET },
    ended: true,
  })
  expect(span.parentSpanContext).toBeUndefined()
  expect(span.attributes).toEqual({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'openai-model',
    'gen_ai.request.stream': true,
    'gen_ai.request.max_tokens': 100,
    'gen_ai.request.temperature': 0.5,
    'gen_ai.request.top_p': 0.9,
    'gen_ai.request.seed': 7,
    'gen_ai.conversation.id': 'c1',
    'gen_ai.response.model': 'openai-model-2026',
    'gen_ai.response.id': 'resp_1',
    'gen_ai.response.finish_reasons': ['length'],
    'gen_ai.response.time_to_first_chunk': expect.any(Number),
    'gen_ai.usage.input_tokens': 9,
    'gen_ai.usage.output_tokens': 4,
    'gen_ai.usage.reasoning.output_tokens': 3,
    'gen_ai.usage.cache_read.input_tokens': 2,
    'gen_ai.usage.cache_creation.input_tokens': 1,
    'sluice.stream.id': start?.type === 'start' ? start.id : '',
    'sluice.attempts': 1,
  })
  expect(span.events.map(({ name }) => name)).toEqual(['sluice.attempt'])
})

/** Everything that spans and metrics hold. */
async function everything(): Promise<string> {
  const held = spans
    .getFinishedSpans()
    .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))
  return JSON.stringify([held, await points()])
}

/** A provider that quotes the request, key and all, wherever it can. */
async function quoted(hooks: ReturnType<typeof telemetry>, inAnswer: boolean): Promise<string> {
  const words = 'PRIVATE PROMPT, sk-SECRET-KEY and STOP-WORD'
  const fetch = async (): Promise<Response> => {
    if (!inAnswer) return Response.json({ error: { message: `Bad: ${words}` } }, { status: 400 })
    const delta = { choices: [{ delta: { content: words }, finish_reason: 'stop' }] }
    const chunk = JSON.stringify({ id: `id ${words}`, model: `model ${words}`, ...delta })
    return new Response(`data: ${chunk}\n\ndata: [DONE]\n\n`, {
      headers: { 'content-type': 'text/event-stream' },
    })
  }
  const driver = compatible({
    baseURL: 'http://a.test',
    model: 'm',
    apiKey: 'sk-SECRET-KEY',
    fetch,
  })
  await collect(
    createStream({
      driver,
      system: 'PRIVATE SYSTEM',
      prompt: 'PRIVATE PROMPT',
      stopSequences: ['STOP-WORD'],
      retry: { maxRetries: 1, minDelayMs: 0 },
      ...hooks(),
    }),
  )
  return everything()
}

test.each([
  ['of an error', false],
  ['of an answer', true],
])('no prompt, stop sequence, key or words %s are recorded', async (_name, inAnswer) => {
  expect(await quoted(observe, inAnswer)).not.toMatch(/PRIVATE|SECRET|STOP-WORD/)
})

test('the status of a span is the code and the public sentence', async () => {
  await quoted(observe, false)
  expect(oneSpan().status).toEqual({
    code: SpanStatusCode.ERROR,
    message: 'invalid-request: The model did not accept the request.',
  })
})

test('recordContent records messages, stop sequences and the whole message of an error', async () => {
  await quoted(telemetry(opentelemetry, { recordContent: true }), false)
  const { attributes, status } = oneSpan()
  expect(attributes).toMatchObject({
    'gen_ai.request.stop_sequences': ['STOP-WORD'],
    'gen_ai.system_instructions': '[{"type":"text","content":"PRIVATE SYSTEM"}]',
    'gen_ai.input.messages':
      '[{"role":"user","parts":[{"type":"text","content":"PRIVATE PROMPT"}]}]',
  })
  expect(status.message).toContain('Bad: PRIVATE PROMPT')
})

test('recordContent writes each part by the conventions, and no bytes', async () => {
  const hooks = telemetry(opentelemetry, { recordContent: true })
  const messages: Message[] = [
    { role: 'user', content: [{ type: 'image', data: new Uint8Array([1]), mediaType: 'a/b' }] },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'tool-call', id: 'c', name: 'n', input: { a: 1 } },
      ],
    },
    { role: 'tool', content: [{ type: 'tool-result', id: 'c', name: 'n', output: 2 }] },
  ]
  await collect(createStream({ driver: scripted(['Hi']), messages, ...hooks() }))
  expect(JSON.parse(String(oneSpan().attributes['gen_ai.input.messages']))).toEqual([
    { role: 'user', parts: [{ type: 'image' }] },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: 'Hm.' },
        { type: 'tool_call', id: 'c', name: 'n', arguments: { a: 1 } },
      ],
    },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c', response: 2 }] },
  ])
})

test('an unknown option of telemetry() is a TypeError', () => {
  expect(() => telemetry(opentelemetry, { recordContents: true } as never)).toThrow(
    'Unknown option "telemetry.recordContents". Did you mean "recordContent"?',
  )
})

test('a stream records its duration, its time to the first content, and its tokens', async () => {
  const usage = { inputTokens: 9, outputTokens: 4 }
  const driver = scripted(['Hi', { finishReason: 'stop', usage, model: 'm-2026' }], {
    provider: 'gemini',
    model: 'm',
  })
  await collect(createStream({ driver, prompt: 'p', ...observe() }))
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'gcp.gemini',
    'gen_ai.request.model': 'm',
    'gen_ai.response.model': 'm-2026',
  }
  const seconds = { count: 1, sum: expect.any(Number) }
  expect(await points()).toEqual([
    {
      name: 'gen_ai.client.operation.duration',
      unit: 's',
      attributes,
      value: expect.objectContaining(seconds),
    },
    {
      name: 'gen_ai.client.operation.time_to_first_chunk',
      unit: 's',
      attributes,
      value: expect.objectContaining(seconds),
    },
    {
      name: 'gen_ai.client.token.usage',
      unit: '{token}',
      attributes: { ...attributes, 'gen_ai.token.type': 'input' },
      value: expect.objectContaining({ count: 1, sum: 9 }),
    },
    {
      name: 'gen_ai.client.token.usage',
      unit: '{token}',
      attributes: { ...attributes, 'gen_ai.token.type': 'output' },
      value: expect.objectContaining({ count: 1, sum: 4 }),
    },
  ])
})

test('attempts and retries are events of the span, which names the provider that answered', async () => {
  const provider = simulatedProvider({ paceMs: 0, answer: 'Hello!' })
  const driver = fallback(
    named('a', ['12345678', down]),
    anthropic({ model: 'claude', apiKey: 'k', fetch: provider.fetch }),
  )
  await collect(createStream({ driver, prompt: 'abcd', ...observe() }))
  const span = oneSpan()
  expect(span.name).toBe('chat a-model')
  expect(span.events.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
    {
      name: 'sluice.attempt',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'a',
        'gen_ai.request.model': 'a-model',
        'sluice.attempt': 1,
      },
    },
    {
      name: 'sluice.retry',
      attributes: {
        'sluice.attempt': 2,
        'sluice.retry.delay': 0,
        'sluice.retry.mode': 'restart',
        'error.type': 'server',
      },
    },
    {
      name: 'sluice.attempt',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'anthropic',
        'gen_ai.request.model': 'claude',
        'sluice.attempt': 2,
      },
    },
  ])
  expect(span.attributes).toMatchObject({
    'gen_ai.provider.name': 'anthropic',
    'gen_ai.request.model': 'claude',
    'sluice.attempts': 2,
    'sluice.wasted.input_tokens': 1,
    'sluice.wasted.output_tokens': 2,
  })
  expect(span.status.code).toBe(SpanStatusCode.UNSET)
})

test('a hedge is one span with both attempts, which names the one that answered', async () => {
  const driver = hedge(named('a', [{ hang: true }]), named('b', ['Hi']), { afterMs: 0 })
  await collect(createStream({ driver, prompt: 'p', ...observe() }))
  const span = oneSpan()
  expect(span.events).toHaveLength(2)
  expect(span.attributes).toMatchObject({
    'gen_ai.provider.name': 'b',
    'gen_ai.request.model': 'b-model',
  })
})

test('of two models of one provider the one that answered is named', async () => {
  const model = (name: string, script: Parameters<typeof scripted>[0]) =>
    scripted(script, { provider: 'openai', model: name })
  const answer = ['Hi', { finishReason: 'stop', usage: {}, model: 'small-2026' }] as const
  const driver = hedge(
    model('small', [{ waitMs: 50 }, ...answer]),
    model('large', [{ hang: true }]),
    {
      afterMs: 0,
    },
  )
  await collect(createStream({ driver, prompt: 'p', ...observe() }))
  expect(oneSpan().attributes).toMatchObject({ 'gen_ai.request.model': 'small' })
})

test('a stream that fails has its code on the span and on its duration', async () => {
  const driver = named('a', ['12345678', down])
  await collect(createStream({ driver, prompt: 'p', retry: false, ...observe() }))
  const span = oneSpan()
  expect(span.status).toEqual({
    code: SpanStatusCode.ERROR,
    message: 'server: The model had an internal error.',
  })
  expect(span.attributes).toMatchObject({ 'error.type': 'server', 'gen_ai.usage.output_tokens': 2 })
  expect(span.attributes).not.toHaveProperty('gen_ai.response.model')
  const recorded = await points()
  // The tokens are an estimate, and not counted.
  expect(recorded.map(({ name }) => name)).toEqual([
    'gen_ai.client.operation.duration',
    'gen_ai.client.operation.time_to_first_chunk',
  ])
  expect(recorded[0]?.attributes).toMatchObject({ 'error.type': 'server' })
})

test('a stream whose reader disconnects ends its span as aborted', async () => {
  const driver = scripted(['a', { hang: true }])
  for await (const event of createStream({ driver, prompt: 'p', ...observe() })) {
    if (event.type === 'content') break
  }
  await Promise.resolve()
  expect(oneSpan().attributes).toMatchObject({ 'error.type': 'aborted' })
})

test('a stream that is cancelled before its first request has a span too', async () => {
  const stream = createStream({ driver: named('a', ['x']), prompt: 'p', ...observe() })
  stream.cancel()
  await collect(stream)
  expect(oneSpan()).toMatchObject({
    name: 'chat a-model',
    attributes: { 'error.type': 'aborted', 'gen_ai.provider.name': 'a' },
    events: [],
  })
})

test('the parent is the span that is active when the stream is created', async () => {
  const parent = trace.getTracer('test').startSpan('request')
  const driver = scripted(['Hi'])
  const stream = context.with(trace.setSpan(context.active(), parent), () =>
    createStream({ driver, prompt: 'p', ...observe() }),
  )
  await collect(stream)
  const span = oneSpan()
  expect(span.parentSpanContext?.spanId).toBe(parent.spanContext().spanId)
  expect(span.spanContext().traceId).toBe(parent.spanContext().traceId)
})

test('concurrent streams have a span each', async () => {
  const streams = Array.from({ length: 20 }, (_, index) => {
    const driver = scripted([{ waitMs: index % 3 }, 'Hi'], { provider: 'p', model: `m${index}` })
    return collect(createStream({ driver, prompt: 'p', ...observe() }))
  })
  await Promise.all(streams)
  const names = spans
    .getFinishedSpans()
    .map(({ name, attributes }) => [name, attributes['gen_ai.request.model']])
  expect(names).toHaveLength(20)
  for (const [name, model] of names) expect(name).toBe(`chat ${String(model)}`)
  expect(new Set(names.map(([name]) => name)).size).toBe(20)
})

test('providers of the caller replace the global ones', async () => {
  const exporter = new InMemorySpanExporter()
  const own = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const hooks = telemetry({ trace: own, metrics: meterProvider, context })
  await collect(createStream({ driver: scripted(['Hi']), prompt: 'p', ...hooks() }))
  expect(exporter.getFinishedSpans()).toHaveLength(1)
  expect(spans.getFinishedSpans()).toHaveLength(0)
  await own.shutdown()
})

test.each([[undefined], [{}], [{ trace: {} }]])(
  'the error without the API names the package to install: %o',
  (api) => {
    expect(() => telemetry(api as never)).toThrow(TypeError)
    expect(() => telemetry(api as never)).toThrow('npm install @opentelemetry/api')
  },
)

test('each run of a tool is a child span, with its arguments and result only if wanted', async () => {
  const parameters = { type: 'object' } as const
  const call = (index: number, id: string, name: string) => {
    const input = '{"city":"secret city"}'
    return { type: 'content', index, kind: 'tool-call', id, name, input } as const
  }
  const calls = [call(0, 'a', 'weather'), call(1, 'b', 'broken'), call(2, 'c', 'strict')]
  const first = scripted([...calls, { finishReason: 'tool-calls', usage: {} }])
  const driver: Driver = {
    ...first,
    stream: (request, about) =>
      (request.messages?.at(-1)?.role === 'assistant' ? scripted(['Done.']) : first).stream(
        request,
        about,
      ),
  }
  const tools = {
    weather: { parameters, run: () => ({ sky: 'secret sky' }) },
    broken: {
      parameters,
      run: () => {
        throw new RangeError('secret reason')
      },
    },
    strict: {
      parameters,
      validate: () => {
        throw new Error('secret rule')
      },
      run: () => 1,
    },
  }
  await collect(createStream({ driver, prompt: 'p', tools, ...observe() }))
  const finished = spans.getFinishedSpans()
  const stream = finished.find(({ name }) => name === 'chat script')
  const runs = finished.filter(({ name }) => name.startsWith('execute_tool'))
  expect(finished).toHaveLength(4)
  const about = (name: string) => runs.find((span) => span.name === `execute_tool ${name}`)
  for (const run of runs) {
    expect(run.kind).toBe(SpanKind.INTERNAL)
    expect(run.parentSpanContext?.spanId).toBe(stream?.spanContext().spanId)
    expect(run.ended).toBe(true)
  }
  expect(about('weather')?.attributes).toEqual({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'weather',
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.call.id': 'a',
    'sluice.step': 1,
  })
  expect(about('broken')).toMatchObject({
    attributes: { 'error.type': 'RangeError' },
    status: { code: SpanStatusCode.ERROR, message: 'RangeError' },
  })
  expect(about('strict')?.attributes).toMatchObject({ 'error.type': 'ToolError' })
  expect(JSON.stringify(runs.map(({ attributes, status }) => [attributes, status]))).not.toContain(
    'secret',
  )

  spans.reset()
  const whole = telemetry(opentelemetry, { recordContent: true })
  await collect(createStream({ driver, prompt: 'p', tools, ...whole() }))
  const recorded = spans.getFinishedSpans()
  expect(recorded.find(({ name }) => name === 'execute_tool weather')?.attributes).toMatchObject({
    'gen_ai.tool.call.arguments': '{"city":"secret city"}',
    'gen_ai.tool.call.result': '{"sky":"secret sky"}',
  })
  expect(recorded.find(({ name }) => name === 'execute_tool broken')?.status.message).toBe(
    'secret reason',
  )
})
