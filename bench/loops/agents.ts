import {
  Agent,
  type AgentInputItem,
  Runner as AgentRunner,
  OpenAIChatCompletionsModel,
  tool,
} from '@openai/agents'
import OpenAI from 'openai'
import { z } from 'zod'
import { apiKey, description, prompt, type Runner, silenceMs, wordsOf } from './runner.ts'

export const agents: Runner = {
  name: '@openai/agents',
  wires: ['openai'],
  async run({ url, report, onText, left }) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, timeout: silenceMs })
    const parameters = z.object({ id: z.number() })
    const agent = new Agent({
      name: 'agent',
      model: new OpenAIChatCompletionsModel(client, 'any'),
      modelSettings: { timeoutMs: silenceMs },
      tools: [
        tool({ name: 'report', description, parameters, execute: async (input) => report(input) }),
      ],
    })
    const runner = new AgentRunner({ tracingDisabled: true })
    const input = (left as AgentInputItem[] | undefined) ?? prompt
    const result = await runner.run(agent, input, { stream: true })
    let text = ''
    try {
      for await (const piece of result.toTextStream()) onText((text += piece))
      await result.completed
      if (result.error) throw result.error
      return {}
    } catch (error) {
      return { failure: wordsOf(error), left: result.history }
    }
  },
}
