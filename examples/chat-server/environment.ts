/**
 * What the environment names: the providers that it has keys for, with a simulated one in place of the others, and the memory.
 */

import { type SimulatedServer, simulatedProvider } from 'sluice/testing'
import { type Memory, processMemory } from './memory.ts'
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
