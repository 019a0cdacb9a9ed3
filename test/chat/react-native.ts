/**
 * Deletes what the runtime of React Native (Hermes) does not have, then holds a conversation as an
 * app does. Prints one line for each use: `node react-native.ts`.
 */

// oxlint-disable no-extend-native

const lacking: [holder: object, names: readonly string[]][] = [
  [URL, ['canParse', 'parse']],
  [Promise, ['withResolvers', 'try']],
  [AbortSignal, ['any', 'timeout']],
  [AbortSignal.prototype, ['throwIfAborted']],
  [Array.prototype, ['toSorted', 'toSpliced', 'with']],
  [Array, ['fromAsync']],
  [Object, ['groupBy']],
  [Map, ['groupBy']],
  [String.prototype, ['isWellFormed']],
  [Response, ['json']],
  [ReadableStream, ['from']],
  [
    globalThis,
    [
      'structuredClone',
      'crypto',
      'FinalizationRegistry',
      'DOMException',
      'MessageChannel',
      'BroadcastChannel',
      'CompressionStream',
      'TransformStream',
      'sessionStorage',
      'localStorage',
      'Iterator',
    ],
  ],
]

const print = console.log
const { createStream, sse, toResponse } = await import('sluice')
const { scripted } = await import('sluice/testing')
/** What the server sends, made before anything is missing. */
const body = await (
  await toResponse(createStream({ driver: scripted(['One ', 'two']), prompt: 'p' }), sse())
).text()

for (const [holder, names] of lacking) {
  for (const name of names) {
    if (!Reflect.deleteProperty(holder, name)) throw new Error(`${name} cannot be deleted.`)
  }
}
// There is a window, without events, and no document.
Object.assign(globalThis, { window: globalThis })

const { createChat } = await import('sluice/client')
const url = 'https://api.example.com/ai'
const headers = new Headers({ 'content-type': 'text/event-stream', 'content-location': '/ai/1' })
/** That of Expo. */
const streaming = async (): Promise<Response> => new Response(body, { headers })
/** That of React Native: without the property `body`. */
const whole = async (): Promise<Response> =>
  ({ ok: true, status: 200, url, headers, text: async () => body }) as Response

const kept = new Map<string, string>()
/** AsyncStorage. */
const storage = {
  getItem: async (key: string) => kept.get(key) ?? null,
  setItem: async (key: string, value: string) => void kept.set(key, value),
  removeItem: async (key: string) => void kept.delete(key),
}

async function hold(fetch: typeof streaming): Promise<string> {
  const chat = createChat({ url, fetch, keep: { id: 'a', storage } })
  chat.subscribe(() => {})
  await new Promise((resolve) => setTimeout(resolve, 5))
  chat.send('Hi')
  for (let turn = 0; turn < 100; turn++) {
    const { status, error, messages } = chat.getState()
    if (error !== undefined) return `${error.code}: ${error.message}`
    if (status === 'idle') return JSON.stringify(messages.map(({ content }) => content))
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return 'It did not end.'
}

print(`streaming: ${await hold(streaming)}`)
print(`without a body: ${await hold(whole)}`)
print(`kept: ${kept.size}`)
