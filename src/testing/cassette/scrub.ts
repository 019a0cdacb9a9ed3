/**
 * Takes secrets out of what is written to a cassette.
 *
 * @module
 */

import type { Interaction } from './cassette-file.js'

export const scrubbed = '[scrubbed]'

/** Headers that hold keys, and those that tell who asked. */
const secretHeaders =
  /^(authorization|proxy-authorization|cookie|set-cookie|.*api-?key|.*-token|.*-secret|openai-organization|openai-project|anthropic-organization-id)$/

const secretParameters = /^(key|api[-_]?key|access[-_]?token|token|sig(nature)?)$/i

/** A shorter one would be found in places where it is no secret. */
const shortestSecret = 8

/**
 * The values of headers and query parameters that hold keys, and the same values wherever else they stand: providers repeat a part
 * of a bad key in their errors, and gateways echo requests.
 *
 * @param further - the user's own; it gets each text that is written
 */
export function scrub(interaction: Interaction, further: (text: string) => string): Interaction {
  const { request, response } = interaction
  const url = new URL(request.url)
  const secrets = new Set<string>()
  for (const [name, value] of Object.entries(request.headers)) {
    if (secretHeaders.test(name)) secrets.add(value.replace(/^(bearer|basic) /i, ''))
  }
  for (const [name, value] of url.searchParams) {
    if (!secretParameters.test(name)) continue
    secrets.add(value)
    url.searchParams.set(name, scrubbed)
  }
  const clean = (text: string): string => {
    let result = text
    for (const secret of secrets) {
      if (secret.length >= shortestSecret) result = result.replaceAll(secret, scrubbed)
    }
    return further(result)
  }
  const cleanHeaders = (headers: Record<string, string>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        secretHeaders.test(name) ? scrubbed : clean(value),
      ]),
    )
  return {
    ...interaction,
    request: {
      ...request,
      // Brackets are written as percent codes in a query.
      url: clean(url.href.replaceAll(encodeURIComponent(scrubbed), scrubbed)),
      headers: cleanHeaders(request.headers),
      body: clean(request.body),
    },
    ...(response && {
      response: {
        ...response,
        headers: cleanHeaders(response.headers),
        chunks: response.chunks.map((chunk) =>
          'text' in chunk ? { ...chunk, text: clean(chunk.text) } : chunk,
        ),
      },
    }),
  }
}
