/**
 * How each library plays a scenario of the playground, by the way that its documentation shows.
 */

import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { GoogleGenAI, type Part } from '@google/genai'
import { isStepCount, type LanguageModel, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { zodFunction } from 'openai/helpers/zod'
import { createStream, type Driver, tool as sluiceTool } from 'sluice'
import { anthropic as anthropicDriver } from 'sluice/anthropic'
import { compatible as compatibleDriver } from 'sluice/compatible'
import { gemini as geminiDriver } from 'sluice/gemini'
import { openai as openaiDriver } from 'sluice/openai'
import { z } from 'zod'
import {
  prompt,
  toolDescription,
  toolName,
  toolParameters,
  type WireName,
  wires,
} from '../../docs/site/playground/scenarios.ts'

/** What a library is given. */
export interface Scene {
  wire: WireName
  /** The address of the provider, without a path. */
  url: string
  /** The tool, in scenarios that have one. */
  run?: (input: { port: string }) => string
  onText(text: string): void
}

export interface Player {
  library: string
  /** The package whose version is shown. */
  packageName: string
  wires: readonly WireName[]
  /** Why it plays no scenario with a tool on a wire. */
  noTools?: Partial<Record<WireName, string>>
  /**
   * @returns what it reports of the end, such as a finish reason
   * @throws what its reader has to handle
   */
  play(scene: Scene): Promise<string | undefined>
}

const apiKey = 'sk-any'
/** The limit of silence, of libraries that have one. */
const silenceMs = 1_000
const input = z.object({ port: z.string() })
const messages = [{ role: 'user' as const, content: prompt }]

/** As it comes out of the box, for the table of the home page. The page itself plays it live. */
const sluice: Player = {
  library: 'sluice',
  packageName: 'sluice',
  wires: ['openai', 'responses', 'anthropic', 'gemini', 'compatible'],
  async play({ wire, url, run, onText }) {
    const tools = run && {
      [toolName]: sluiceTool({ description: toolDescription, parameters: input, run }),
    }
    const { text, finishReason } = await createStream({
      driver: driverOf(wire, url),
      prompt,
      timeout: { chunkMs: silenceMs },
      ...(tools === undefined ? {} : { tools }),
    }).final()
    onText(text)
    return finishReason
  },
}

function driverOf(wire: WireName, url: string): Driver {
  const options = { model: wires[wire].model, apiKey, baseURL: `${url}/v1` }
  switch (wire) {
    case 'openai':
      return openaiDriver(options)
    case 'responses':
      return openaiDriver({ ...options, api: 'responses' })
    case 'anthropic':
      return anthropicDriver({ ...options, baseURL: url })
    case 'gemini':
      return geminiDriver({ ...options, baseURL: `${url}/v1beta` })
    case 'compatible':
      return compatibleDriver(options)
  }
}

const openai: Player = {
  library: 'openai',
  packageName: 'openai',
  wires: ['openai', 'responses', 'compatible'],
  noTools: { responses: 'The SDK has no loop for tools on the Responses API.' },
  async play({ wire, url, run, onText }) {
    const client = new OpenAI({ apiKey, baseURL: `${url}/v1`, timeout: silenceMs })
    const { model } = wires[wire]
    if (wire === 'responses') {
      for await (const event of await client.responses.create({
        model,
        input: prompt,
        stream: true,
      })) {
        if (event.type === 'response.output_text.delta') onText(event.delta)
        if (event.type === 'error') throw new Error(event.message)
        if (event.type === 'response.failed') throw new Error(event.response.error?.message)
      }
      return undefined
    }
    if (run !== undefined) {
      const description = toolDescription
      const tools = [zodFunction({ name: toolName, description, parameters: input, function: run })]
      const runner = client.chat.completions.runTools({ model, stream: true, messages, tools })
      runner.on('content', onText)
      await runner.done()
      return undefined
    }
    let reason: string | undefined
    for await (const chunk of await client.chat.completions.create({
      model,
      messages,
      stream: true,
    })) {
      onText(chunk.choices[0]?.delta.content ?? '')
      reason = chunk.choices[0]?.finish_reason ?? reason
    }
    return reason
  },
}

const anthropic: Player = {
  library: '@anthropic-ai/sdk',
  packageName: '@anthropic-ai/sdk',
  wires: ['anthropic'],
  async play({ url, run, onText }) {
    const client = new Anthropic({ apiKey, baseURL: url, timeout: silenceMs })
    const request = {
      model: wires.anthropic.model,
      max_tokens: 1_000,
      messages,
      stream: true,
    } as const
    let reason: string | undefined
    const read = async (stream: AsyncIterable<Anthropic.RawMessageStreamEvent>): Promise<void> => {
      for await (const event of stream) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
          onText(event.delta.text)
        } else if (event.type === 'message_delta') reason = event.delta.stop_reason ?? reason
      }
    }
    if (run === undefined) {
      await read(await client.messages.create(request))
      return reason
    }
    const tools = [
      betaZodTool({ name: toolName, description: toolDescription, inputSchema: input, run }),
    ]
    for await (const message of client.beta.messages.toolRunner({ ...request, tools })) {
      await read(message as AsyncIterable<Anthropic.RawMessageStreamEvent>)
    }
    return reason
  },
}

const genai: Player = {
  library: '@google/genai',
  packageName: '@google/genai',
  wires: ['gemini'],
  async play({ url, run, onText }) {
    const retryOptions = { attempts: 3 }
    // Its timeout is for all attempts together.
    const httpOptions = { baseUrl: url, timeout: 4_000, retryOptions }
    const client = new GoogleGenAI({ apiKey, httpOptions })
    const declaration = {
      name: toolName,
      description: toolDescription,
      parametersJsonSchema: toolParameters,
    }
    const callable = {
      tool: async () => ({ functionDeclarations: [declaration] }),
      callTool: async (calls: { name?: string; args?: object }[]): Promise<Part[]> =>
        calls.map(({ name = '', args }) => {
          const result = run?.(args as { port: string }) ?? ''
          return { functionResponse: { name, response: { result } } }
        }),
    }
    let reason: string | undefined
    for await (const chunk of await client.models.generateContentStream({
      model: wires.gemini.model,
      contents: prompt,
      ...(run === undefined ? {} : { config: { tools: [callable] } }),
    })) {
      for (const part of chunk.candidates?.[0]?.content?.parts ?? []) onText(part.text ?? '')
      reason = chunk.candidates?.[0]?.finishReason ?? reason
    }
    return reason
  },
}

function ai(library: string, options: { streamRetries?: number }): Player {
  return {
    library,
    packageName: 'ai',
    wires: ['openai', 'responses', 'anthropic', 'gemini', 'compatible'],
    async play({ wire, url, run, onText }) {
      const inputSchema = input
      const { stream } = streamText({
        model: modelOf(wire, url),
        prompt,
        timeout: { chunkMs: silenceMs },
        onError: () => {},
        ...(run === undefined
          ? {}
          : {
              tools: {
                [toolName]: tool({ description: toolDescription, inputSchema, execute: run }),
              },
              stopWhen: isStepCount(8),
            }),
        ...options,
      })
      let reason: string | undefined
      for await (const part of stream) {
        if (part.type === 'text-delta') onText(part.text)
        else if (part.type === 'error') throw part.error
        else if (part.type === 'abort') throw new Error('aborted')
        else if (part.type === 'finish') reason = part.finishReason
      }
      return reason
    },
  }
}

function modelOf(wire: WireName, url: string): LanguageModel {
  const { model } = wires[wire]
  const baseURL = `${url}/v1`
  switch (wire) {
    case 'openai':
      return createOpenAI({ apiKey, baseURL }).chat(model)
    case 'responses':
      return createOpenAI({ apiKey, baseURL }).responses(model)
    case 'anthropic':
      return createAnthropic({ apiKey, baseURL })(model)
    case 'gemini':
      return createGoogle({ apiKey, baseURL: `${url}/v1beta` })(model)
    case 'compatible':
      return createOpenAICompatible({ name: 'provider', apiKey, baseURL }).chatModel(model)
  }
}

export const players: readonly Player[] = [
  sluice,
  openai,
  anthropic,
  genai,
  ai('ai', {}),
  ai('ai, with streamRetries: 2', { streamRetries: 2 }),
]
