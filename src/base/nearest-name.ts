/**
 * Finds the known name that was probably meant by an unknown one.
 *
 * @module
 */

/**
 * The names that other libraries use for each option. A name is suggested only if its option is
 * known.
 */
const otherWords: Readonly<Record<string, string>> = {
  apiKey: 'key token',
  approve: 'needsApproval',
  baseURL: 'url endpoint',
  driver: 'model provider llm',
  id: 'toolCallId',
  initialMessages: 'messages',
  maxOutputTokens: 'maxTokens maxCompletionTokens',
  maxRetries: 'retries maxAttempts',
  name: 'toolName function',
  onEnd: 'onFinish onComplete onError',
  onEvent: 'onFinish onMessage onChunk onError',
  output: 'responseFormat schema',
  parameters: 'inputSchema schema',
  prompt: 'input',
  providerOptions: 'extraBody',
  reasoning: 'reasoningEffort thinking',
  retry: 'maxRetries',
  run: 'execute',
  signal: 'abortSignal abortController',
  stopSequences: 'stop',
  system: 'instructions systemPrompt',
  toolChoice: 'functionCall',
  tools: 'functions',
  url: 'api',
}

/** The known name that was probably meant; undefined if none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const word = plain(name)
  const exact = known.find(
    (each) => plain(each) === word || plain(each) === `${word}ms` || `${plain(each)}ms` === word,
  )
  if (exact !== undefined) return exact
  const meant = known.find((each) => wordsFor(each).some((other) => plain(other) === word))
  if (meant !== undefined) return meant
  const [nearest] = known
    .map((each) => ({ each, distance: distanceOf(word, plain(each)) }))
    .filter(({ each, distance }) => distance <= Math.max(1, each.length / 4))
    .toSorted((one, another) => one.distance - another.distance)
  return nearest?.each
}

function wordsFor(name: string): readonly string[] {
  return Object.hasOwn(otherWords, name) ? (otherWords[name] as string).split(' ') : []
}

/** `max_tokens`, `max-tokens` and `maxTokens` are the same word. */
function plain(name: string): string {
  return name.replace(/[_-]/g, '').toLowerCase()
}

/**
 * The number of characters between the common beginning and end of two names. A typing error
 * changes one place, and this costs no more than reading both names. Two swapped neighbours count
 * as one.
 */
function distanceOf(one: string, another: string): number {
  const shorter = Math.min(one.length, another.length)
  let start = 0
  while (start < shorter && one[start] === another[start]) start++
  let end = 0
  while (end < shorter - start && one.at(-1 - end) === another.at(-1 - end)) end++
  const distance = Math.max(one.length, another.length) - start - end
  const isSwap = one[start] === another[start + 1] && one[start + 1] === another[start]
  return distance === 2 && isSwap ? 1 : distance
}
