/**
 * Metadata in AI SDK messages: our fields, and what the AI SDK's own providers have signed.
 *
 * @module
 */

import { parseJson } from '../base/parse-json.js'
import { isRecord } from '../base/read-json.js'
import { sign, signatureFor } from '../wires/signature.js'
import { type Kept, keep } from './ui-kept.js'
import type { UiMetadata } from './ui-message.js'

/** Our fields, also from what other providers of the AI SDK have signed. */
export function keptIn(metadata: unknown): Kept {
  if (!isRecord(metadata)) return {}
  if (isRecord(metadata.sluice)) return metadata.sluice
  for (const { name, read } of others) {
    const fields = metadata[name]
    const kept = isRecord(fields) ? read(fields) : undefined
    if (kept !== undefined) return kept
  }
  return {}
}

/** The same signature for the AI SDK's own provider. */
function forOthers({ signature, redacted }: Kept, isReasoning: boolean): UiMetadata {
  const wire = signature === undefined ? undefined : /^[\w-]+(?=[/:])/.exec(signature)?.[0]
  if (wire === 'anthropic-messages' && isReasoning) {
    const value = signatureFor(wire, 'anthropic', signature)
    if (value === undefined) return {}
    return { anthropic: redacted ? { redactedData: value } : { signature: value } }
  }
  if (wire === 'gemini') {
    const value = signatureFor(wire, 'google', signature)
    return value === undefined ? {} : { google: { thoughtSignature: value } }
  }
  if (wire === 'openai-responses' && isReasoning) {
    const item = parseJson(signatureFor(wire, 'openai', signature) ?? '')
    const { id, encrypted_content: encrypted } = isRecord(item) ? item : {}
    if (typeof id !== 'string' || typeof encrypted !== 'string') return {}
    return { openai: { itemId: id, reasoningEncryptedContent: encrypted } }
  }
  return {}
}

function google({ thoughtSignature: value }: Record<string, unknown>): Kept | undefined {
  return typeof value === 'string' ? { signature: sign('gemini', 'google', value) } : undefined
}

/** The names that the AI SDK's providers use for their metadata. */
const others: readonly { name: string; read(fields: Record<string, unknown>): Kept | undefined }[] =
  [
    {
      name: 'anthropic',
      read({ signature, redactedData }) {
        const signed = (value: string): string => sign('anthropic-messages', 'anthropic', value)
        if (typeof signature === 'string') return { signature: signed(signature) }
        if (typeof redactedData !== 'string') return undefined
        return { signature: signed(redactedData), redacted: true }
      },
    },
    {
      name: 'openai',
      read({ itemId: id, reasoningEncryptedContent: encrypted_content }) {
        if (typeof id !== 'string' || typeof encrypted_content !== 'string') return undefined
        const item = JSON.stringify({ id, encrypted_content })
        return { signature: sign('openai-responses', 'openai', item) }
      },
    },
    { name: 'google', read: google },
    { name: 'vertex', read: google },
  ]

/** Metadata of a part that is written: our fields, and the signature for its own maker. */
export function metadataOf(
  kept: Parameters<typeof keep>[0],
  isReasoning = false,
): { providerMetadata?: UiMetadata } {
  const own = keep(kept)
  if (own === undefined) return {}
  const metadata = { ...forOthers(own.sluice, isReasoning), ...own }
  return { providerMetadata: metadata as unknown as UiMetadata }
}
