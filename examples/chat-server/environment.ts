/**
 * What the environment names: the providers that it has keys for, with a simulated one in place of the others, and the memory.
 */

import { type SimulatedServer, simulatedProvider } from 'sluice/testing'
import { type Memory, processMemory } from './memory.ts'
import { claudeProvider, geminiProvider, openaiProvider, type Providers } from './providers.ts'

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
  if (missing.length > 0) simulated = await simulatedProvider().listen()
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

export interface OpenedMemory {
  memory: Memory
  /** What is kept where, in one line. */
  summary: string
  close: () => Promise<void>
}

/** @throws Error if there is no Redis at REDIS_URL */
export async function openMemory({ REDIS_URL: url }: NodeJS.ProcessEnv): Promise<OpenedMemory> {
  if (!url) {
    const summary = 'Conversations are kept in memory.'
    return { memory: processMemory(), summary, close: async () => {} }
  }
  // Only a server that uses Redis needs its client.
  const [{ createClient }, { redisLog, redisStore }] = await Promise.all([
    import('redis'),
    import('sluice/redis'),
  ])
  let isOpen = false
  try {
    const client = createClient({
      url,
      socket: {
        // A server that never had its Redis is set up wrongly; one that has lost it waits for it.
        reconnectStrategy: (retries, cause) => (isOpen ? Math.min(100 * retries, 2_000) : cause),
      },
    })
    client.on('error', (error: Error) => {
      if (isOpen) console.error(`Redis: ${error.message}`)
    })
    await client.connect()
    isOpen = true
    return {
      memory: { store: redisStore(client), log: redisLog(client) },
      summary: 'Conversations are kept in Redis.',
      close: async () => client.destroy(),
    }
  } catch (error) {
    // Without the address, which may hold a password.
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`There is no Redis at REDIS_URL: ${reason}`, { cause: error })
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
