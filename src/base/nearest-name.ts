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
  assistant: 'model ai',
  baseURL: 'url endpoint',
  content: 'parts',
  data: 'image imageUrl url source inputAudio inlineData fileData base64',
  driver: 'model provider llm',
  file: 'document inputFile inputAudio audio video inlineData fileData',
  id: 'toolCallId toolUseId callId',
  image: 'imageUrl inputImage images',
  initialMessages: 'messages',
  input: 'args arguments',
  maxOutputTokens: 'maxTokens maxCompletionTokens',
  maxRetries: 'retries maxAttempts',
  mediaType: 'mimeType format',
  name: 'toolName function',
  onEnd: 'onFinish onComplete onError',
  onEvent: 'onFinish onMessage onChunk onError',
  output: 'responseFormat schema result',
  parameters: 'inputSchema schema',
  prompt: 'input',
  providerOptions: 'extraBody',
  reasoning: 'reasoningEffort thinking reasoningContent redactedThinking',
  retry: 'maxRetries',
  run: 'execute',
  signal: 'abortSignal abortController',
  stopSequences: 'stop',
  system: 'instructions systemPrompt developer',
  text: 'inputText outputText refusal',
  tool: 'function',
  'tool-call': 'toolUse functionCall toolInvocation toolInvocations',
  'tool-result': 'toolCallId functionCallOutput functionResponse toolOutput',
  toolChoice: 'functionCall',
  tools: 'functions',
  url: 'api',
  user: 'human',
}

/** The known name that was probably meant; undefined if none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const word = plain(name)
  const distance = (each: string): number => distanceOf(word, plain(each))
  return (
    known.find((each) => plain(each) === word) ??
    known.find((each) => wordsFor(each).some((other) => plain(other) === word)) ??
    known
      .filter((each) => distance(each) <= Math.max(1, each.length / 4))
      .toSorted((one, another) => distance(one) - distance(another))[0]
  )
}

function wordsFor(name: string): readonly string[] {
  return Object.hasOwn(otherWords, name) ? (otherWords[name] as string).split(' ') : []
}

/** `max_tokens`, `max-tokens` and `maxTokens` are the same word; `delay` and `delayMs`, too. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[_-]|ms$/g, '')
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
