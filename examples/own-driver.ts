/**
 * A driver of your own: content is yielded, completion returned, failure thrown. This one speaks the native wire of Ollama, one JSON
 * object a line; without OLLAMA_URL it talks to a stand-in. Run it with `npm run example examples/own-driver.ts`.
 */

import { createStream, type Driver, StreamError } from 'sluice'

function ollama(model: string, baseURL: string, fetch: typeof globalThis.fetch): Driver {
  return {
    provider: 'ollama',
    model,
    async *stream({ messages, prompt = '' }, { signal, onBytes }) {
      const body = JSON.stringify({
        model,
        messages: messages ?? [{ role: 'user', content: prompt }],
      })
      const response = await fetch(`${baseURL}/api/chat`, { method: 'POST', body, signal })
      if (!response.ok || response.body === null) {
        throw new StreamError('server', `ollama: status ${response.status}`, {
          status: response.status,
        })
      }
      let rest = ''
      for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
        onBytes()
        const lines = (rest + piece).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const { message, done, eval_count: outputTokens } = JSON.parse(line)
          if (message?.content)
            yield { type: 'content', kind: 'text', index: 0, text: message.content }
          if (done) return { finishReason: 'stop', usage: { outputTokens } }
        }
      }
      // No line said that the answer is whole.
      throw new StreamError('interrupted', 'ollama: the answer broke off')
    },
  }
}

const lines = ['Water', ' is', ' wet.'].map((content) => JSON.stringify({ message: { content } }))
const standIn = async () => new Response(`${lines.join('\n')}\n{"done":true,"eval_count":3}\n`)
const url = process.env.OLLAMA_URL
const driver = ollama('llama3.2', url ?? 'http://stand-in.test', url ? fetch : standIn)
const { text, usage } = await createStream({ driver, prompt: 'What is water like?' }).final()
console.log(`${text} (${usage.outputTokens} tokens)`)
