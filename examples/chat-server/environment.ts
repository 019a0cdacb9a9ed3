/**
 * The providers that the environment has keys for, and a simulated one in place of the others.
 */

import { type SimulatedServer, simulatedProvider } from 'sluice/testing'
import { claudeProvider, openaiProvider, type Providers } from './providers.ts'

export interface Opened {
  providers: Providers
  /** Who answers what, in one line. */
  summary: string
  close: () => Promise<void>
}

/** @throws TypeError for a base URL that is none */
export async function openProviders(environment: NodeJS.ProcessEnv): Promise<Opened> {
  const openaiKey = environment.OPENAI_API_KEY
  const claudeKey = environment.ANTHROPIC_API_KEY
  const openaiURL = address(environment, 'OPENAI_BASE_URL')
  const claudeURL = address(environment, 'ANTHROPIC_BASE_URL')
  let simulated: SimulatedServer | undefined
  if (!openaiKey || !claudeKey) simulated = await simulatedProvider().listen()
  const stand = { apiKey: 'simulated', simulated: true }
  const url = simulated?.url ?? ''
  return {
    providers: {
      openai: openaiKey
        ? openaiProvider({ apiKey: openaiKey, ...openaiURL })
        : openaiProvider({ ...stand, baseURL: `${url}/v1` }),
      claude: claudeKey
        ? claudeProvider({ apiKey: claudeKey, ...claudeURL })
        : claudeProvider({ ...stand, baseURL: url }),
    },
    summary: summarize(openaiKey ? [] : ['OPENAI_API_KEY'], claudeKey ? [] : ['ANTHROPIC_API_KEY']),
    close: async () => simulated?.close(),
  }
}

function summarize(...missing: string[][]): string {
  const keys = missing.flat()
  if (keys.length === 0) return 'OpenAI and Anthropic answer.'
  const provider = keys.length === 2 ? 'both providers are' : 'that provider is'
  return `Without ${keys.join(' and ')}, ${provider} simulated: the answers are canned.`
}

function address(environment: NodeJS.ProcessEnv, name: string): { baseURL?: string } {
  const baseURL = environment[name]
  if (!baseURL) return {}
  if (URL.canParse(baseURL)) return { baseURL }
  throw new TypeError(`${name} is "${baseURL}". Give an absolute URL.`)
}
