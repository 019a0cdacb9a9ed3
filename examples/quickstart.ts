/**
 * The events of one stream in the terminal: `npm run quickstart`, or with a prompt of yours `npm run quickstart -- "your prompt"`.
 *
 * With OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY a real model answers, without one a simulated provider does.
 */

import { createStream, type Driver } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { gemini } from 'sluice/gemini'
import { openai } from 'sluice/openai'
import { simulatedProvider } from 'sluice/testing'

const prompt = process.argv.slice(2).join(' ').trim() || 'Why is the sky blue?'
const stream = createStream({ driver: chooseDriver(), prompt })

for await (const event of stream) {
  switch (event.type) {
    case 'start':
      console.log(`start: ${event.provider}, ${event.model}\n`)
      break
    case 'content':
      if (event.kind === 'text') process.stdout.write(event.text)
      break
    case 'retry':
      console.log(`\n\nretry: attempt ${event.attempt} of ${event.maxAttempts}, because`)
      console.log(`  ${event.error.message}`)
      if (event.mode === 'restart') console.log('  The text above is retracted.\n')
      break
    case 'complete': {
      const { inputTokens, outputTokens } = event.usage
      console.log(`\n\ncomplete: ${event.finishReason}, ${event.timing.durationMs.toFixed(0)} ms`)
      console.log(`  tokens: ${inputTokens ?? '?'} in, ${outputTokens ?? '?'} out`)
      break
    }
    case 'error':
      console.error(`\n\nerror: ${event.error.code}, ${event.error.message}`)
      process.exitCode = 1
      break
  }
}

function chooseDriver(): Driver {
  if (process.env.OPENAI_API_KEY) return openai({ model: 'gpt-5.5' })
  if (process.env.ANTHROPIC_API_KEY) return anthropic({ model: 'claude-sonnet-5-5' })
  if (process.env.GEMINI_API_KEY) return gemini({ model: 'gemini-3-flash-preview' })
  console.log(
    'No OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY: a simulated provider answers.',
  )
  const simulated = simulatedProvider()
  return openai({
    model: 'simulated',
    apiKey: 'simulated',
    fetch: (input, init) => simulated.fetch(input, init),
  })
}
