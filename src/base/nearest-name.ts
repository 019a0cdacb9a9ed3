/**
 * The known name that somebody meant by an unknown one.
 *
 * @module
 */

/** Words of other libraries for the options of this one. A word counts only where the option is known. */
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

/** The known name that an unknown one probably stands for. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  // Nobody misspells a longer one by accident, and the time is that of both lengths multiplied.
  const word = plain(name.slice(0, 40))
  const exact = known.find(
    (each) => plain(each) === word || plain(each) === `${word}ms` || `${plain(each)}ms` === word,
  )
  if (exact !== undefined) return exact
  const meant = known.find((each) => wordsFor(each).some((other) => plain(other) === word))
  if (meant !== undefined) return meant
  const [nearest] = known
    .map((each) => ({ each, distance: distanceOf(word, plain(each)) }))
    .filter(({ each, distance }) => distance <= each.length / 4 || distance <= slip(word, each))
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

/** One letter, or two in the wrong order. */
function slip(word: string, name: string): number {
  return letters(word) === letters(plain(name)) ? 2 : 1
}

function letters(word: string): string {
  return [...word].toSorted().join('')
}

/** How many characters have to be changed, added or removed. */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let at = 1; at <= from.length; at++) {
    const next = [at]
    for (let column = 1; column <= to.length; column++) {
      const changed = (row[column - 1] ?? 0) + (from[at - 1] === to[column - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
