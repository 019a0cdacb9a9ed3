/**
 * What is served in each runtime that serves: one stream, as a Web handler.
 */

import { createStream, sse, toResponse } from 'sluice'
import { compatible } from 'sluice/compatible'

/** `?provider=<address>&mark=<name>&fault=<fault>` */
export function handle(request: Request): Promise<Response> {
  const { searchParams } = new URL(request.url)
  const headers: Record<string, string> = { 'x-mark': searchParams.get('mark') ?? '' }
  const fault = searchParams.get('fault')
  if (fault !== null) headers['x-simulated-fault'] = fault
  const baseURL = `${searchParams.get('provider')}/v1`
  const driver = compatible({ baseURL, model: 'any', apiKey: 'any', headers })
  return toResponse(createStream({ driver, prompt: 'Hello from a server' }), sse())
}
