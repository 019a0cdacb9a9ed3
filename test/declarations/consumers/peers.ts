/**
 * The real SDKs, OpenTelemetry and React, handed to what takes them.
 */

import Anthropic from '@anthropic-ai/sdk'
import { BaseAnthropic } from '@anthropic-ai/sdk/client'
import * as opentelemetry from '@opentelemetry/api'
import OpenAI, { AzureOpenAI } from 'openai'
import { createStream, type Driver } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { openai } from 'sluice/openai'
import { telemetry } from 'sluice/otel'
import { useStream } from 'sluice/react'

export const drivers: Driver[] = [
  openai({ model: 'm', client: new OpenAI() }),
  openai({ model: 'm', api: 'responses', client: new AzureOpenAI({ apiVersion: 'v' }) }),
  anthropic({ model: 'm', client: new Anthropic() }),
  anthropic({ model: 'm', client: new BaseAnthropic({}) }),
]

const observe = telemetry(opentelemetry)

export function ask(driver: Driver): Promise<string> {
  return createStream({ driver, prompt: 'p', ...observe({ 'app.user': 'u' }) }).text()
}

export function useAnswer(): string {
  const { messages, status, send } = useStream({ url: '/ai' })
  if (status === 'idle') send('Hello')
  return messages.map(({ role }) => role).join()
}
