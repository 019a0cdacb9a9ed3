import { expect, test } from 'vitest'
import { createStream, debug, StreamError, tool } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { simulatedProvider } from '../../src/entries/testing.js'

const key = 'sk-secret-1234567890'

function linesOf(options: Parameters<typeof debug>[0] = {}): {
  lines: string[]
  hooks: ReturnType<typeof debug>
} {
  const lines: string[] = []
  const hooks = debug({ ...options, log: (line) => lines.push(line) })
  return { lines, hooks }
}

/** Without the time and the id, which differ. */
const facts = (lines: readonly string[]): string[] =>
  lines.map((line) => {
    expect(line).toMatch(/^sluice [\w-]{4} +\d+ ms {2}/)
    return line
      .replace(/^.*? ms {2}/, '')
      .replaceAll(/\d+ ms/g, 'N ms')
      .replaceAll(/req_\w+/g, 'R')
  })

test('debug() prints each attempt with its status, the wait and the end', async () => {
  const { fetch } = simulatedProvider({
    paceMs: 0,
    answer: [{ text: 'x', fault: { kind: 'status', status: 503 } }, 'One two.'],
  })
  const { lines, hooks } = linesOf()
  const driver = openai({ model: 'gpt-5.5', apiKey: key, fetch })
  await createStream({ driver, prompt: 'My secret plan', ...hooks }).text()
  expect(facts(lines)).toEqual([
    'attempt 1: openai gpt-5.5, 1 message',
    'failed: overloaded, status 503, request R; attempt 2 of 3 in N ms, which restarts',
    'attempt 2: openai gpt-5.5, 1 message',
    expect.stringMatching(
      /^complete: stop, 2 attempts, \d+ tokens in, \d+ out, first content after N ms$/,
    ),
  ])
})

test('debug() prints the steps of a turn and the runs of its tools', async () => {
  const { fetch } = simulatedProvider({
    paceMs: 0,
    answer: [{ toolCalls: [{ name: 'weather', input: { city: 'Oslo' } }] }, 'It rains.'],
  })
  const weather = tool({ parameters: { type: 'object' }, run: () => 'rain in Oslo' })
  const { lines, hooks } = linesOf()
  const driver = openai({ model: 'gpt-5.5', apiKey: key, fetch })
  await createStream({ driver, prompt: 'Rain?', tools: { weather }, ...hooks }).text()
  expect(facts(lines)).toEqual([
    'step 1, attempt 1: openai gpt-5.5, 1 message, 1 tool',
    'step 1: 0 characters, calls weather',
    'step 1: weather runs',
    'step 1: weather is done after N ms',
    'step 2, attempt 1: openai gpt-5.5, 1 message, 1 tool',
    'step 2: 9 characters, no calls',
    expect.stringMatching(/^complete: stop, 2 attempts, /),
  ])
})

test('debug() prints no key, no prompt and no words of a provider, unless it is asked to', async () => {
  const body = { error: { message: `Incorrect API key provided: ${key}.`, type: 'x', code: null } }
  const answer = { text: 'x', fault: { kind: 'status' as const, status: 401, body } }
  const { fetch } = simulatedProvider({ answer })
  const ask = async (options: Parameters<typeof debug>[0]): Promise<string> => {
    const { lines, hooks } = linesOf(options)
    const driver = openai({ model: 'gpt-5.5', apiKey: key, fetch })
    const stream = createStream({ driver, prompt: 'My secret plan', ...hooks })
    await expect(stream.text()).rejects.toBeInstanceOf(StreamError)
    return lines.join('\n')
  }
  const lines = await ask({})
  expect(lines).toMatch(/failed: auth, status 401/)
  expect(lines).not.toMatch(/secret|Incorrect/)
  expect(await ask({ wholeMessages: true })).toContain('Incorrect API key provided')
})

test('debug() calls other hooks too', async () => {
  const { fetch } = simulatedProvider({ paceMs: 0, answer: 'Yes.' })
  const seen: string[] = []
  const { hooks } = linesOf({
    hooks: { onAttempt: () => seen.push('attempt'), onEnd: () => seen.push('end') },
  })
  const driver = openai({ model: 'gpt-5.5', apiKey: key, fetch })
  await createStream({ driver, prompt: 'Yes?', ...hooks }).text()
  expect(seen).toEqual(['attempt', 'end'])
})

test('debug() refuses unknown options by name', () => {
  expect(() => debug({ wholeMessage: true } as never)).toThrow(/wholeMessages/)
})
