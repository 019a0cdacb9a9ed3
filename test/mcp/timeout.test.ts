import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { mcpTools } from 'sluice/mcp'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ToolResultContent } from '../../src/base/content-kinds.js'
import { testServer } from './support/test-server.js'
import { turn } from './support/turn.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

async function connect(notice: (line: string) => void = () => {}): Promise<Client> {
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
  await testServer(notice).connect(serverSide)
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(clientSide)
  return client
}

/** Calls `count`, and lets it continue after each of these delays. */
async function countFor(delaysMs: readonly number[], toolMs: number): Promise<ToolResultContent[]> {
  const client = await connect()
  const tools = await mcpTools(client, { once: false })
  const shown: ToolResultContent[] = []
  for await (const event of turn([['count']], { tools, timeout: { toolMs } })) {
    if (event.type !== 'content' || event.kind !== 'tool-result') continue
    shown.push(event)
    if (!event.preliminary) continue
    await vi.advanceTimersByTimeAsync(delaysMs[shown.length - 1] ?? 0)
    await client.callTool({ name: 'proceed' })
  }
  await client.close()
  return shown
}

test('a call may take longer than the 60 seconds that the client allows by default', async () => {
  const shown = await countFor([3_600_000, 3_600_000], 10_000_000)
  expect(shown.map(({ output }) => output)).toEqual([
    { progress: 1, total: 2, message: 'first' },
    { progress: 2 },
    'counted',
  ])
})

test('progress does not prolong the time limit of a call', async () => {
  const shown = await countFor([600, 600], 1_000)
  expect(shown.at(-1)).toMatchObject({ output: 'The tool took too long.', isError: true })
})

test('toolMs ends a call and cancels it on the server', async () => {
  const notices: string[] = []
  const client = await connect((line) => notices.push(line))
  const tools = await mcpTools(client, { once: false })
  let last: unknown
  for await (const event of turn([['hang']], { tools, timeout: { toolMs: 1_000 } })) {
    if (event.type !== 'content' || event.kind !== 'tool-result') continue
    last = event
    if (event.preliminary) await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(last).toMatchObject({ output: 'The tool took too long.', isError: true })
  expect(notices).toContain('cancelled')
  await client.close()
})
