import { Agent, type AgentMessage } from '@earendil-works/pi-agent-core'
import { streamSimple as piAnthropic } from '@earendil-works/pi-ai/api/anthropic-messages'
import { streamSimple as piOpenai } from '@earendil-works/pi-ai/api/openai-completions'
import { apiKey, both, description, prompt, type Runner, silenceMs } from './runner.ts'

const parameters = {
  type: 'object',
  properties: { id: { type: 'number' } },
  required: ['id'],
} as const

export const pi: Runner = {
  name: 'pi-agent-core',
  wires: both,
  async run({ wire, url, report, onText, left }) {
    const common = {
      name: 'any',
      id: 'any',
      reasoning: false,
      input: ['text' as const],
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      contextWindow: 128_000,
      maxTokens: 8_192,
    }
    const model =
      wire === 'openai'
        ? { ...common, api: 'openai-completions', provider: 'openai', baseUrl: `${url}/v1` }
        : { ...common, api: 'anthropic-messages', provider: 'anthropic', baseUrl: url }
    const messages = left as AgentMessage[] | undefined
    const agent = new Agent({
      initialState: {
        systemPrompt: 'Be brief.',
        model,
        tools: [
          {
            name: 'report',
            label: 'Report',
            description,
            parameters,
            execute: async (_id, input) => ({
              content: [{ type: 'text', text: report(input as { id: number }) }],
              details: undefined,
            }),
          },
        ],
        ...(messages === undefined ? {} : { messages }),
      },
      getApiKey: () => apiKey,
      streamFn: (...[to, context, options]) => {
        const stream = wire === 'openai' ? piOpenai : piAnthropic
        return stream(to as never, context, { ...options, timeoutMs: silenceMs })
      },
    })
    let text = ''
    agent.subscribe((event) => {
      if (event.type !== 'message_update') return
      if (event.assistantMessageEvent.type === 'text_delta') {
        onText((text += event.assistantMessageEvent.delta))
      }
    })
    await (messages === undefined ? agent.prompt(prompt) : agent.continue())
    const { errorMessage } = agent.state
    const all = [...agent.state.messages]
    if (errorMessage === undefined) return {}
    // It goes on from a result only, so the answer that failed has to go.
    return { failure: errorMessage, left: all.slice(0, -1) }
  },
}
