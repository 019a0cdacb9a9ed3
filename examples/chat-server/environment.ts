/**
 * The providers that the environment has keys for, and a simulated one in place of the others.
 */

import { type SimulatedServer, simulatedProvider } from 'sluice/testing'
import { claudeProvider, geminiProvider, openaiProvider, type Providers } from './providers.ts'
import { simulation } from './simulation.ts'

export interface Opened {
  providers: Providers
  /** No provider has a key. */
  isSimulated: boolean
  /** Who answers what, in one line. */
  summary: string
  close: () => Promise<void>
}

const variables = {
  openai: { key: 'OPENAI_API_KEY', url: 'OPENAI_BASE_URL', path: '/v1' },
  claude: { key: 'ANTHROPIC_API_KEY', url: 'ANTHROPIC_BASE_URL', path: '' },
  gemini: { key: 'GEMINI_API_KEY', url: 'GEMINI_BASE_URL', path: '/v1beta' },
}

/** @throws TypeError for a base URL that is none, or an API that OpenAI does not have */
export async function openProviders(environment: NodeJS.ProcessEnv): Promise<Opened> {
  const api = apiOf(environment.OPENAI_API)
  const all = Object.values(variables)
  const addresses = new Map(all.map(({ url }) => [url, address(environment, url)]))
  const missing = all.map(({ key }) => key).filter((key) => !environment[key])
  let simulated: SimulatedServer | undefined
  if (missing.length > 0)
    simulated = await simulatedProvider({ paceMs: 20, answer: simulation() }).listen()
  const settings = ({ key, url, path }: (typeof variables)['openai']) => {
    const apiKey = environment[key]
    if (apiKey) return { apiKey, ...addresses.get(url) }
    return { apiKey: 'simulated', simulated: true, baseURL: `${simulated?.url}${path}` }
  }
  return {
    providers: {
      openai: openaiProvider({ ...settings(variables.openai), api }),
      claude: claudeProvider(settings(variables.claude)),
      gemini: geminiProvider(settings(variables.gemini)),
    },
    isSimulated: missing.length === all.length,
    summary: summarize(missing, all.length),
    close: async () => simulated?.close(),
  }
}

function summarize(missing: readonly string[], all: number): string {
  if (missing.length === 0) return 'OpenAI, Anthropic and Google answer.'
  const keys = new Intl.ListFormat('en').format(missing)
  const some = missing.length === 1 ? 'that provider is' : 'those providers are'
  const who = missing.length === all ? 'all providers are' : some
  return `Without ${keys}, ${who} simulated: the answers are canned.`
}

function address(environment: NodeJS.ProcessEnv, name: string): { baseURL?: string } {
  const baseURL = environment[name]
  if (!baseURL) return {}
  if (URL.canParse(baseURL)) return { baseURL }
  throw new TypeError(`${name} is "${baseURL}". Give an absolute URL.`)
}

function apiOf(name: string | undefined): 'chat' | 'responses' {
  if (!name) return 'chat'
  if (name === 'chat' || name === 'responses') return name
  throw new TypeError(`OPENAI_API is "${name}". Give chat or responses.`)
}
