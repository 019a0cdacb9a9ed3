import { expect, test } from 'vitest'
import { Example } from './child.ts'

/** Runs an example to its end and gives what it printed. */
async function run(file: string): Promise<string> {
  await using example = new Example(file)
  expect(await example.ended()).toBe(0)
  expect(example.errors).toBe('')
  return example.output
}

test('a stream that stalls is ended by its clock, and one that is left by its signal', async () => {
  expect(await run('timeout-and-abort.ts')).toMatch(
    /^timeout: .*300 ms \(timeout\.chunkMs\)\.\naborted: .*\n$/,
  )
})

test('a tool is called, answered, and the model goes on', async () => {
  expect(await run('tools.ts')).toBe('temperature in Oslo?\nIt is 7 °C in Oslo. Take a coat.\n')
})

test('a picture reaches the model', async () => {
  expect(await run('images.ts')).toBe('I see a picture.\n')
})

test('a driver of forty lines streams from a wire that the package does not know', async () => {
  expect(await run('own-driver.ts')).toBe('Water is wet. (3 tokens)\n')
})

test.for(['express', 'fastify', 'koa', 'hono'])(
  '%s streams events token by token',
  async (name) => {
    await using example = new Example(`servers/${name}.ts`, { PORT: '0' })
    const [, port] = await example.prints(/port: (\d+)/)
    const url = `http://127.0.0.1:${port}/chat`
    const post = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"prompt":"Hello there"}',
    }
    const response =
      name === 'koa' ? await fetch(`${url}?prompt=Hello+there`) : await fetch(url, post)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const pieces: string[] = []
    const decoder = new TextDecoder()
    for await (const piece of response.body as AsyncIterable<Uint8Array>)
      pieces.push(decoder.decode(piece, { stream: true }))
    expect(pieces.length).toBeGreaterThan(10)
    expect(pieces.join('')).toMatch(
      /^id: 1\nevent: start\n[^]*event: complete\n.*Hello there.*\n\n$/,
    )
  },
)
