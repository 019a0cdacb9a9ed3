import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import OpenAI from 'openai'
import { zodFunction } from 'openai/helpers/zod'
import { z } from 'zod'
import { apiKey, description, prompt, type Runner, silenceMs, wordsOf } from './runner.ts'

const parameters = z.object({ id: z.number() })

/** Its timeout ends with the headers. */
const timeout = silenceMs

export const openaiRunner: Runner = {
  name: 'openai, runTools()',
  wires: ['openai'],
  async run({ url, report, onText, left }) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, timeout })
    type Messages = OpenAI.ChatCompletionMessageParam[]
    const messages = (left as Messages | undefined) ?? [{ role: 'user', content: prompt }]
    const runner = client.chat.completions.runTools({
      model: 'any',
      stream: true,
      messages: [...messages],
      tools: [zodFunction({ name: 'report', description, parameters, function: report })],
    })
    let text = ''
    runner.on('content', (delta) => onText((text += delta)))
    try {
      await runner.done()
      return {}
    } catch (error) {
      return { failure: wordsOf(error), left: runner.messages }
    }
  },
}

export const anthropicRunner: Runner = {
  name: 'anthropic, toolRunner()',
  wires: ['anthropic'],
  async run({ url, report, onText, left }) {
    const client = new Anthropic({ baseURL: url, apiKey, timeout })
    type Messages = Anthropic.Beta.BetaMessageParam[]
    const messages = (left as Messages | undefined) ?? [{ role: 'user', content: prompt }]
    const runner = client.beta.messages.toolRunner({
      model: 'any',
      max_tokens: 1_000,
      stream: true,
      messages: [...messages],
      tools: [betaZodTool({ name: 'report', description, inputSchema: parameters, run: report })],
    })
    let text = ''
    try {
      for await (const message of runner) {
        for await (const event of message) {
          if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
            onText((text += event.delta.text))
          }
        }
      }
      return {}
    } catch (error) {
      return { failure: wordsOf(error), left: runner.params.messages }
    }
  },
}
