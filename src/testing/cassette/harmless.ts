/**
 * Headers and query parameters that hold no secrets. A list of secret ones would never be complete:
 * every gateway has its own.
 *
 * @module
 */

const headers = new RegExp(
  `^(${[
    'accept(-encoding|-language|-ranges)?',
    'access-control-.+',
    'alt-svc',
    'anthropic-(beta|version)',
    '(anthropic-|x-)?ratelimit-.+',
    'cache-control',
    'connection',
    'content-(disposition|encoding|language|length|location|type)',
    'date',
    'host',
    'keep-alive',
    'last-event-id',
    'location',
    'openai-(beta|processing-ms|version)',
    'pragma',
    '(apim-|x-)?request-id',
    'retry-after(-ms)?',
    'sec-fetch-.+',
    'server(-timing)?',
    'strict-transport-security',
    'transfer-encoding',
    'user-agent',
    'vary',
    'x-accel-buffering',
    'x-content-type-options',
    'x-envoy-upstream-service-time',
    'x-goog-api-client',
    'x-should-retry',
    'x-stainless-.+',
  ].join('|')})$`,
  'i',
)

const parameters =
  /^(alt|api-version|beta|format|include|include_obfuscation|limit|model|order|starting_after|stream|version)$/i

export function isHarmlessHeader(name: string): boolean {
  return headers.test(name)
}

export function isHarmlessParameter(name: string): boolean {
  return parameters.test(name)
}

/** Headers whose value is an address, with a query of its own. */
export function isAddressHeader(name: string): boolean {
  return /^(content-)?location$/i.test(name)
}
