/**
 * The model. Without a key in OPENAI_API_KEY, a simulated one answers, so that the page works at once.
 * Other providers: https://github.com/OWNER/sluice/blob/main/docs/providers.md
 */

import type { Driver } from 'sluice'
import { openai } from 'sluice/openai'
import { simulatedProvider } from 'sluice/testing'

const hasKey = Boolean(process.env.OPENAI_API_KEY)
if (!hasKey) console.log('OPENAI_API_KEY is not set: a simulated model answers.')

export const driver: Driver = hasKey
  ? openai({ model: 'gpt-5.5' })
  : openai({ model: 'simulated', apiKey: 'none', fetch: simulatedProvider({ paceMs: 30 }).fetch })
