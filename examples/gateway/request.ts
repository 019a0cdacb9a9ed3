/**
 * The body of a request for OpenAI's Chat Completions, as a request for any provider.
 *
 * Fields that other providers do not have are ignored, such as `user` and `frequency_penalty`. A field
 * that changes the meaning of the answer is refused.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */

import {
  type Message,
  parseMessages,
  type StreamRequest,
  type ToolCallPart,
  type ToolChoice,
} from 'sluice'
import { z } from 'zod'

const text = z.object({ type: z.literal('text'), text: z.string() })

const image = z
  .object({ type: z.literal('image_url'), image_url: z.object({ url: z.url() }) })
  .transform(({ image_url }) => ({ type: 'image' as const, data: image_url.url }))

const audio = z
  .object({
    type: z.literal('input_audio'),
    input_audio: z.object({ data: z.base64(), format: z.enum(['mp3', 'wav']) }),
  })
  .transform(({ input_audio: { data, format } }) => ({
    type: 'file' as const,
    data,
    mediaType: `audio/${format}`,
  }))

const file = z
  .object({
    type: z.literal('file'),
    file: z.object({ file_data: z.string(), filename: z.string().exactOptional() }),
  })
  .transform(({ file: { file_data: data, ...named } }) => ({
    type: 'file' as const,
    data,
    mediaType: /^data:([^;,]+)/.exec(data)?.[1] ?? 'application/pdf',
    ...named,
  }))

/** A JSON Schema. With the key `~standard` it would be taken for an object of a schema library. */
const schema = z
  .record(z.string(), z.unknown())
  .refine((value) => !('~standard' in value), 'Must be a JSON Schema')

/** A string becomes one part, so that an error names the part. */
const content = <Part extends z.ZodType>(part: Part) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? [{ type: 'text', text: value }] : value),
    z.array(part),
  )

const input = content(z.discriminatedUnion('type', [text, image, audio, file]))

const refusal = z
  .object({ type: z.literal('refusal'), refusal: z.string() })
  .transform((part) => ({ type: 'text' as const, text: part.refusal }))

const toolCall = z
  .object({
    id: z.string(),
    type: z.literal('function').default('function'),
    function: z.object({ name: z.string(), arguments: z.string() }),
  })
  .transform(({ id, function: { name, arguments: json } }): ToolCallPart => {
    const call = { type: 'tool-call' as const, id, name }
    try {
      return { ...call, input: JSON.parse(json || '{}') }
    } catch {
      return { ...call, input: json, error: 'The arguments are not JSON.' }
    }
  })

const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal(['system', 'developer']), content: input }),
  z.object({ role: z.literal('user'), content: input }),
  z.object({
    role: z.literal('assistant'),
    content: content(z.discriminatedUnion('type', [text, refusal])).nullish(),
    tool_calls: z.array(toolCall).nullish(),
  }),
  z.object({
    role: z.literal('tool'),
    tool_call_id: z.string(),
    content: content(text),
  }),
])

const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string(),
    description: z.string().exactOptional(),
    parameters: schema.default({ type: 'object', properties: {} }),
  }),
})

const toolChoice = z.union([
  z.literal(['auto', 'none', 'required']),
  z
    .object({ type: z.literal('function'), function: z.object({ name: z.string() }) })
    .transform((choice) => ({ name: choice.function.name })),
]) satisfies z.ZodType<ToolChoice>

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({
      name: z.string(),
      description: z.string().exactOptional(),
      schema,
    }),
  }),
])

export const chatBody = z.object({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  max_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  response_format: responseFormat.nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).nullish(),
  n: z.literal(1, 'There is one answer.').nullish(),
  logprobs: z.literal(false, 'Not every provider has them.').nullish(),
  functions: z.null('Send them as tools.').optional(),
})

export type ChatBody = z.infer<typeof chatBody>

/** @throws StreamError `invalid-request` with status 400 for messages that nobody may send */
export function toRequest(body: ChatBody): StreamRequest {
  const { max_completion_tokens, max_tokens, temperature, top_p, seed, stop, tools } = body
  const effort = body.reasoning_effort === 'xhigh' ? 'high' : body.reasoning_effort
  return {
    messages: parseMessages(toMessages(body.messages), {
      roles: ['system', 'user', 'assistant', 'tool'],
      maxCharacters: 4_000_000,
    }),
    ...defined({
      maxOutputTokens: max_completion_tokens ?? max_tokens,
      temperature,
      topP: top_p,
      seed,
      stopSequences: typeof stop === 'string' ? [stop] : stop,
      tools:
        tools && Object.fromEntries(tools.map(({ function: { name, ...its } }) => [name, its])),
      toolChoice: body.tool_choice,
      output: toOutput(body.response_format),
      reasoning: effort && effort !== 'none' ? { effort } : undefined,
    }),
  }
}

function toMessages(messages: ChatBody['messages']): Message[] {
  /** A result has only the id of its call, and some providers need the name of the tool. */
  const names = new Map<string, string>()
  return messages.map((each): Message => {
    switch (each.role) {
      case 'system':
      case 'developer':
        return { role: 'system', content: each.content }
      case 'user':
        return { role: 'user', content: each.content }
      case 'assistant': {
        const calls = each.tool_calls ?? []
        for (const { id, name } of calls) names.set(id, name)
        return { role: 'assistant', content: [...(each.content ?? []), ...calls] }
      }
      case 'tool': {
        const { tool_call_id: id } = each
        const output = each.content.map((part) => part.text).join('')
        const result = { type: 'tool-result' as const, id, name: names.get(id) ?? id, output }
        return { role: 'tool', content: [result] }
      }
    }
  })
}

function toOutput(format: ChatBody['response_format']): StreamRequest['output'] {
  if (format?.type === 'json_object') return { type: 'object' }
  if (format?.type !== 'json_schema') return undefined
  const { name: title, schema: own, ...described } = format.json_schema
  return { title, ...described, ...own }
}

/** Without the fields that the client has left out. */
function defined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  const entries = Object.entries(fields).filter(
    ([, value]) => value !== undefined && value !== null,
  )
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> }
}
