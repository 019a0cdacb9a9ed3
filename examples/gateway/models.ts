/**
 * The models of the gateway, by the names that clients ask for. Each provider without a key is simulated.
 */

import { type Driver, fallback, retry } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { compatible } from 'sluice/compatible'
import { gemini } from 'sluice/gemini'
import { openai } from 'sluice/openai'
import { simulatedProvider } from 'sluice/testing'

const { fetch } = simulatedProvider()
const unless = (present: string | undefined) => (present ? {} : { apiKey: 'simulated', fetch })
const { OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, OLLAMA_URL } = process.env

const gpt = openai({ model: 'gpt-5.5', ...unless(OPENAI_API_KEY) })
const claude = anthropic({ model: 'claude-sonnet-5-5', ...unless(ANTHROPIC_API_KEY) })
const flash = gemini({ model: 'gemini-3-flash-preview', ...unless(GEMINI_API_KEY) })
const baseURL = `${OLLAMA_URL || 'http://localhost:11434'}/v1`
const llama = compatible('ollama', { model: 'llama3.2', baseURL, ...unless(OLLAMA_URL) })

const steady = (driver: Driver) => retry(driver, { maxRetries: 1, afterContent: 'continue' })

export const models = new Map<string, Driver>([
  [gpt.model, gpt],
  [claude.model, claude],
  [flash.model, flash],
  [llama.model, llama],
  // The first that works. Each one retries once and continues where it broke off: the next one would
  // have to restart, and chunks that a client has read cannot be retracted.
  ['any', fallback(steady(gpt), steady(claude), steady(flash))],
])
