/**
 * The names of OpenTelemetry's conventions for generative AI, in one place because they are in
 * development and still being renamed. As of
 * https://github.com/open-telemetry/semantic-conventions-genai in November 2026.
 *
 * @module
 */

/** @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/ */
export const responseHeader = 'http.response.header.'

export const attribute = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  stream: 'gen_ai.request.stream',
  maxTokens: 'gen_ai.request.max_tokens',
  temperature: 'gen_ai.request.temperature',
  topP: 'gen_ai.request.top_p',
  seed: 'gen_ai.request.seed',
  stopSequences: 'gen_ai.request.stop_sequences',
  systemInstructions: 'gen_ai.system_instructions',
  inputMessages: 'gen_ai.input.messages',
  outputType: 'gen_ai.output.type',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheCreationTokens: 'gen_ai.usage.cache_creation.input_tokens',
  tokenType: 'gen_ai.token.type',
  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolCallId: 'gen_ai.tool.call.id',
  toolCallArguments: 'gen_ai.tool.call.arguments',
  toolCallResult: 'gen_ai.tool.call.result',
  errorType: 'error.type',
  // The conventions cover one request without retries, so these are our own.
  streamId: 'sluice.stream.id',
  attempts: 'sluice.attempts',
  attempt: 'sluice.attempt',
  step: 'sluice.step',
  delay: 'sluice.retry.delay',
  mode: 'sluice.retry.mode',
  wastedInputTokens: 'sluice.wasted.input_tokens',
  wastedOutputTokens: 'sluice.wasted.output_tokens',
} as const

export const event = { attempt: 'sluice.attempt', retry: 'sluice.retry' } as const

export const operation = 'chat'
export const toolOperation = 'execute_tool'

/** Providers that have another name in the conventions. */
export const providers: Partial<Record<string, string>> = {
  gemini: 'gcp.gemini',
  mistral: 'mistral_ai',
  xai: 'x_ai',
}

/** A model or id as the provider reported it, unless it is no name: then it may be anything. */
export function reportedName(name: string | undefined): string | undefined {
  return name !== undefined && /^[\w.:/@+-]{1,200}$/.test(name) ? name : undefined
}

export interface Metric {
  name: string
  description: string
  unit: string
  boundaries: readonly number[]
}

const seconds = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]
const tokens = Array.from({ length: 14 }, (_, power) => 4 ** power)

export const durationMetric: Metric = {
  name: 'gen_ai.client.operation.duration',
  description: 'How long an answer took, with all its attempts.',
  unit: 's',
  boundaries: seconds,
}

export const timeToFirstChunkMetric: Metric = {
  name: 'gen_ai.client.operation.time_to_first_chunk',
  description: 'How long it took to the first content of an answer.',
  unit: 's',
  boundaries: seconds,
}

export const tokensMetric: Metric = {
  name: 'gen_ai.client.token.usage',
  description: 'Tokens of an answer, input and output apart.',
  unit: '{token}',
  boundaries: tokens,
}
