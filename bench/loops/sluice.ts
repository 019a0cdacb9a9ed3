import { createStream, type Message, tool } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { compatible } from 'sluice/compatible'
import { z } from 'zod'
import { apiKey, both, description, prompt, type Runner, silenceMs } from './runner.ts'

export const sluice: Runner = {
  name: 'sluice',
  wires: both,
  async run({ wire, url, report, onText, left }) {
    const options = { baseURL: `${url}/v1`, model: 'any', apiKey }
    const driver = wire === 'openai' ? compatible(options) : anthropic({ ...options, baseURL: url })
    const tools = {
      report: tool({ description, parameters: z.object({ id: z.number() }), run: report }),
    }
    const messages = (left as Message[] | undefined) ?? [{ role: 'user' as const, content: prompt }]
    const timeout = { chunkMs: silenceMs }
    const texts: string[] = []
    for await (const event of createStream({ driver, messages, tools, timeout })) {
      if (event.type === 'content' && event.kind === 'text') {
        texts[event.index] = (texts[event.index] ?? '') + event.text
      } else if (event.type === 'retry' && event.mode === 'restart') {
        texts.length = Math.min(texts.length, event.from ?? 0)
      } else if (event.type === 'error') {
        return { failure: event.error.message, left: [...messages, event.partial] }
      }
      onText(texts.join(''))
    }
    return {}
  },
}
