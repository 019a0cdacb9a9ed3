/**
 * What a user writes, for each format; the provider is the one that the check has started.
 */

import { createStream, plainText, sse, toResponse } from 'sluice'
import { compatible } from 'sluice/compatible'

export const dynamic = 'force-dynamic'

const formats = { events: sse(), early: sse({ earlyStatus: true }), text: plainText() }

export async function GET(
  request: Request,
  { params }: { params: Promise<{ kind: string }> },
): Promise<Response> {
  const format = formats[(await params).kind as keyof typeof formats]
  const { searchParams } = new URL(request.url)
  const fault = searchParams.get('fault')
  const driver = compatible({
    model: 'any',
    apiKey: 'any',
    baseURL: `${searchParams.get('provider')}/v1`,
    headers: fault === null ? {} : { 'x-simulated-fault': fault },
  })
  return toResponse(createStream({ driver, prompt: 'Hello', retry: false }), format)
}
