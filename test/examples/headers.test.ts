/**
 * Every example is started by the line that its header gives, as a user would, and asked by the `curl` line beside it where it is a
 * server.
 */

import { expect, test } from 'vitest'
import { Line } from './child.ts'
import { readHeaders } from './headers.ts'

interface Expectation {
  /** Printed in the terminal, or answered to `curl`. */
  prints: RegExp
  /** Typed into it. */
  input?: string
  environment?: Record<string, string>
}

const events = /^id: 1\nevent: start\n[^]*event: complete\n.*Hello.*\n\n$/

/** An example that is missing here fails: no test would start it. */
const expectations: Record<string, Expectation> = {
  'approvals.ts': {
    input: 'y\n',
    prints: /Allow refund \{"order":"A-17","amount":120\}\? \(y\/n\) [^]*Paid 120 euros\./,
  },
  'chat-server/server.ts': {
    prints:
      /^event: start\ndata: \{"model"[^]*\nid: 1\nevent: content\n[^]*event: complete\n.*Hello.*\n\n$/,
  },
  'conversation.ts': {
    input: 'My name is Ada.\nWhat is my name?\n\n',
    prints:
      /You asked: "My name is Ada\."[^]*\(2 messages\)[^]*It began with: "My name is Ada\."[^]*\(4 messages\)\n> $/,
  },
  'deploy/run.ts': {
    environment: { READERS: '6' },
    prints:
      /, 6 readers\.\n(?:Server [12] ended with 0, and was back after .*\n){2}\d+ answers ended whole, 0 were lost\./,
  },
  'fallback.ts': {
    prints:
      /\nasking flaky\nThe sky[^\n]*\nnetwork: asking steady\nBlue light is scattered most\.\nanswered by steady\n$/,
  },
  'frameworks/server.ts': { prints: events },
  'gateway/server.ts': { prints: /^data: \{"id":"chatcmpl-[^]*Hello[^]*\ndata: \[DONE\]\n\n$/ },
  'images.ts': { prints: /\nI received a picture of 4\d{3} bytes\.\n$/ },
  'mcp.ts': {
    prints:
      /\nprogress: [^]*Asking about Oslo[^]*\ntemperature: [^]*7[^]*\nIt is 7 °C in Oslo\. Take a coat\.\n$/,
  },
  'own-driver.ts': { prints: /\nWater is wet\. \(3 tokens\)\n$/ },
  'own-loop.ts': {
    prints: /\nstep 5: 2\d{4} characters, sent 6\d{3}\nThe four pages agree: water is wet\.\n$/,
  },
  'quickstart.ts': {
    prints: /start: openai, simulated\n[^]*You asked: "Why is the sky blue\?"[^]*complete: stop, /,
  },
  'resumable.ts': { prints: /content-location: \/streams\/\S+\r\n[^]*event: complete\n.*Hello/ },
  'retry.ts': {
    prints:
      /\(rate-limit: attempt 2 of 4 in 400 ms, restart\)\nThe sky [^]*\(network: attempt 3 of 4 in \d+ ms, continue\)\n[^]*\(whole after 3 attempts\)\n$/,
  },
  'servers/express.ts': { prints: events },
  'servers/fastify.ts': { prints: events },
  'servers/hono.ts': { prints: events },
  'servers/koa.ts': { prints: events },
  'structured-output.ts': {
    prints: /so far: .*\n(so far: .*\n)+whole: Soup, in 2 steps\n$/,
  },
  'summarize.ts': {
    input: 'My name is Ada.\nWhat is the capital of France?\nWhat is my name?\n\n',
    prints:
      /messages became a summary\)\n.*It began with: "The conversation so far, in short: .*\n\([46] messages\)\n/,
  },
  'timeout-and-abort.ts': {
    prints: /\ntimeout: .*300 ms \(timeout\.chunkMs\)\.\naborted: .*\n$/,
  },
  'tool-chat/server.ts': {
    prints:
      /^id: 1\nevent: start\n[^]*"kind":"tool-result"[^]*"rain, 7 °C"[^]*event: complete\n.*Hello/,
  },
  'tools.ts': {
    prints:
      /\ntemperature: "calling the station of Oslo"\ntemperature: \{"city":"Oslo","celsius":7\}\n.*You asked: "What is the temperature in Oslo/,
  },
  'use-chat/server.ts': {
    prints:
      /^data: {"type":"start","messageId":"[\w-]+"}\n[^]*"type":"text-delta"[^]*\ndata: \[DONE\]\n\n$/,
  },
}

const headers = readHeaders()

test('no example is forgotten, and none is expected that is not there', () => {
  expect(headers.map(({ file }) => file).toSorted()).toEqual(Object.keys(expectations).toSorted())
  expect(headers.filter(({ line }) => line === undefined)).toEqual([])
})

// They wait for their processes most of the time, so several run at once.
test.concurrent.for(headers)(
  '$file does what it says, by its own line',
  { timeout: 120_000 },
  async ({ file, line = 'exit 1', curl }) => {
    const { prints = /^$/, input = '', environment = {} } = expectations[file] ?? {}
    await using example = new Line(line, { PORT: '0', ...environment })
    example.process.stdin.end(input)
    if (curl === undefined) {
      expect(await example.ended(), example.errors).toBe(0)
      expect(example.errors).toBe('')
      expect(example.output).toMatch(prints)
    } else {
      const [, port] = await example.prints(/(?:port: |localhost:)(\d+)/)
      const command = curl.replace(/localhost:\d+/, `localhost:${port}`)
      expect(command).not.toBe(curl)
      await using asked = new Line(command)
      const pieces: string[] = []
      asked.process.stdout.on('data', (piece: string) => pieces.push(piece))
      expect(await asked.ended(), asked.errors).toBe(0)
      expect(pieces.join('')).toMatch(prints)
      // Token by token; that some of them meet in a pipe is not the server's doing.
      expect(pieces.length).toBeGreaterThan(10)
      expect(example.errors).toBe('')
    }
  },
)

test('the example of a driver of your own takes thirty lines', async () => {
  const { readFile } = await import('node:fs/promises')
  const text = await readFile(new URL('../../examples/own-driver.ts', import.meta.url), 'utf8')
  const [driver = ''] = /^export function ollama[^]*?^}$/m.exec(text) ?? []
  expect(driver.split('\n').length).toBeGreaterThan(20)
  expect(driver.split('\n').length).toBeLessThanOrEqual(30)
})
