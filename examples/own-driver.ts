/**
 * A driver of your own: a request, and a decoder for its response. This one uses the native protocol
 * of Ollama, one JSON object per line. It sends text only; a complete driver also sends images and
 * tools. Without OLLAMA_URL it calls a stand-in that cuts its first answer. Run it with
 * `npm run example examples/own-driver.ts`.
 */

import { createStream, type Driver, type Message } from 'sluice'
import { type Completion, httpDriver, providerError } from 'sluice/driver'
import { startStandIn } from './own-driver-stand-in.ts'

const provider = 'ollama'

export function ollama(model: string, baseURL: string): Driver {
  return httpDriver({
    provider,
    model,
    framing: 'ndjson',
    send: ({ system, messages, prompt = '', maxOutputTokens }, { signal }) => {
      const asked: Message[] = [...(messages ?? [{ role: 'user', content: prompt }])]
      if (system !== undefined) asked.unshift({ role: 'system', content: system })
      const sent = asked.map(({ role, content }) => ({ role, content: textOf(content) }))
      const body = { model, messages: sent, options: { num_predict: maxOutputTokens } }
      return fetch(`${baseURL}/api/chat`, { method: 'POST', body: JSON.stringify(body), signal })
    },
    decoder: () => {
      let completion: Completion | undefined
      return {
        decode(line, _event, out) {
          const { error, message, done, done_reason: reason, ...counts } = JSON.parse(line)
          if (error) throw providerError({ provider, body: { error } })
          const text = message?.content
          if (text) out.push({ type: 'content', kind: 'text', index: 0, text })
          if (!done) return
          const usage = { inputTokens: counts.prompt_eval_count, outputTokens: counts.eval_count }
          completion = { finishReason: reason === 'length' ? 'length' : 'stop', usage }
        },
        finished: () => completion,
      }
    },
  })
}

function textOf(content: Message['content']): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

// A test imports the driver alone.
if (process.argv[1] === import.meta.filename) {
  const baseURL = process.env.OLLAMA_URL ?? (await startStandIn())
  const driver = ollama('llama3.2', baseURL)
  for await (const event of createStream({ driver, prompt: 'What is water like?' })) {
    if (event.type === 'retry') console.log(`${event.error.code}: attempt ${event.attempt}`)
    if (event.type === 'complete') console.log(`${event.text} (${event.usage.outputTokens} tokens)`)
    if (event.type === 'error') console.error(event.error.message)
  }
}
