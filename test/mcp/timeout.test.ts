import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { mcpTools } from 'sluice/mcp'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ToolResultContent } from '../../src/base/events.js'
import { testServer } from './support/test-server.js'
import { turn } from './support/turn.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Calls `count`, and lets it continue after each of these delays. */
async function countFor(delaysMs: readonly number[], toolMs: number): Promise<ToolResultContent[]> {
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
  await testServer(() => {}).connect(serverSide)
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(clientSide)
  const tools = await mcpTools(client, { once: false })
  const shown: ToolResultContent[] = []
  for await (const event of turn([['count']], { tools, timeout: { toolMs } })) {
    if (event.type !== 'content' || event.kind !== 'tool-result') continue
    shown.push(event)
    if (!event.preliminary) continue
    await vi.advanceTimersByTimeAsync(delaysMs[shown.length - 1] ?? 0)
    if (event.preliminary) await client.callTool({ name: 'proceed' })
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
