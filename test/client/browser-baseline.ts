/**
 * Deletes what browsers of November 2023 do not have, then uses the package as a page does. Prints
 * one line for each use: `node browser-baseline.ts`.
 *
 * The oldest of them: Chrome 119, Firefox 119, Safari 16.6 (the last for an iPhone 8) and 17.1.
 */

// oxlint-disable no-extend-native

const newer: [holder: object | undefined, names: readonly string[]][] = [
  [URL, ['canParse', 'parse']],
  [Promise, ['withResolvers', 'try']],
  [Object, ['groupBy']],
  [Map, ['groupBy']],
  [Array, ['fromAsync']],
  [AbortSignal, ['any']],
  [ArrayBuffer.prototype, ['resize', 'transfer', 'transferToFixedLength']],
  [Map.prototype, ['getOrInsert', 'getOrInsertComputed']],
  [
    Set.prototype,
    [
      'union',
      'intersection',
      'difference',
      'symmetricDifference',
      'isSubsetOf',
      'isSupersetOf',
      'isDisjointFrom',
    ],
  ],
  [Uint8Array, ['fromBase64', 'fromHex']],
  [Uint8Array.prototype, ['toBase64', 'toHex', 'setFromBase64', 'setFromHex']],
  [RegExp, ['escape']],
  [Error, ['isError', 'captureStackTrace']],
  [Math, ['f16round', 'sumPrecise']],
  [ReadableStream, ['from']],
  [ReadableStream.prototype, ['values']],
  [
    Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object,
    [
      'map',
      'filter',
      'take',
      'drop',
      'flatMap',
      'reduce',
      'toArray',
      'forEach',
      'some',
      'every',
      'find',
    ],
  ],
  [globalThis, ['Iterator', 'DisposableStack', 'AsyncDisposableStack', 'SuppressedError']],
]
const print = console.log
for (const [holder, names] of newer) {
  if (holder === undefined) continue
  for (const name of names) {
    if (!Reflect.deleteProperty(holder, name)) throw new Error(`${name} cannot be deleted.`)
  }
}

const { createStream, fallback, hedge, sse, ndjson, plainText, toResponse, parseMessages } =
  await import('sluice')
const { compatible } = await import('sluice/compatible')
const { gemini } = await import('sluice/gemini')
const { aiSdk, agUi, openaiChat } = await import('sluice/formats')
const { connect, createChat, readStream } = await import('sluice/client')
const { createConversation, memoryStore } = await import('sluice/conversation')
const { createResumable, memoryLog } = await import('sluice/resumable')
const { partialJson } = await import('sluice/partial-json')
const { scripted, simulatedProvider } = await import('sluice/testing')

const cut = { text: 'One two three', fault: { kind: 'cut', afterEvents: 2 } } as const
const provider = simulatedProvider({ paceMs: 0, answer: [cut, 'One two three'] })
const common = { model: 'm', apiKey: 'k', fetch: provider.fetch }
const local = compatible({ ...common, baseURL: 'http://provider.test/v1' })
const prompt = 'Hi'
const answer = () => createStream({ driver: scripted(['One']), prompt })
const retry = { maxRetries: 1, minDelayMs: 0 }

const uses: Record<string, () => Promise<unknown>> = {
  'compatible, with a retry': () => createStream({ driver: local, prompt, retry }).text(),
  gemini: () => createStream({ driver: gemini(common), prompt }).text(),
  fallback: () =>
    createStream({ driver: fallback(scripted([[new Error('a')]]), local), prompt }).text(),
  hedge: () => createStream({ driver: hedge(local, local, { afterMs: 0 }), prompt }).text(),
  connect: () => {
    const fetch = () => toResponse(answer(), sse())
    return connect('http://page.test/a', { json: { bytes: new Uint8Array(2) }, fetch }).text()
  },
  createChat: async () => {
    const chat = createChat({ url: 'http://page.test/a', fetch: () => toResponse(answer(), sse()) })
    chat.send({ text: 'Hi', files: [new Blob(['a'])] })
    while (chat.getState().status !== 'idle') {
      if (chat.getState().error !== undefined) throw chat.getState().error
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return chat.getState().messages.length
  },
  readStream: async () => readStream(await toResponse(answer(), ndjson())).text(),
  formats: () =>
    Promise.all(
      [plainText(), aiSdk(), agUi(), openaiChat({ model: 'm' })].map(async (format) =>
        (await toResponse(answer(), format)).text(),
      ),
    ),
  conversation: async () =>
    createConversation({ id: 'a', store: memoryStore(), driver: local }).send(prompt).text(),
  resumable: async () => {
    const resumable = createResumable({ log: memoryLog() })
    await resumable.publish('a', answer())
    return (await resumable.follow('a'))?.text()
  },
  partialJson: async () => {
    const driver = scripted(['{"a": [1, ', '2]}'])
    let last: unknown
    for await (const value of partialJson(createStream({ driver, prompt }))) last = value
    return JSON.stringify(last)
  },
  parseMessages: async () => parseMessages([{ role: 'user', content: prompt }]).length,
}

for (const [name, use] of Object.entries(uses)) {
  const result = await use().then(
    (value) => `ok ${String(value).length > 0}`,
    (error: unknown) => `failed ${String(error)}`,
  )
  print(`${name}: ${result}`)
}
