import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { mcpTools } from 'sluice/mcp'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { results } from './support/turn.js'

/** A server as its authors write it, with the schemas of zod. */
async function connect(): Promise<Client> {
  const server = new McpServer({ name: 'test', version: '1.0.0' })
  const city = { inputSchema: { city: z.string() } }
  server.registerTool('sky', { ...city, outputSchema: { sky: z.string() } }, () => ({
    content: [],
    structuredContent: { sky: 'clear' },
  }))
  server.registerTool('rain', city, () => {
    throw new Error('No such city.')
  })
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
  await server.connect(serverSide)
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(clientSide)
  return client
}

test('a server with McpServer validates arguments and throws in words for the model', async () => {
  const client = await connect()
  const tools = await mcpTools(client)
  const { results: all } = await results(
    [
      ['sky', { city: 'Oslo' }],
      ['sky', {}],
      ['rain', { city: 'Oslo' }],
    ],
    { tools },
  )
  expect(all).toEqual([
    { output: { sky: 'clear' } },
    { output: expect.stringContaining('city'), isError: true },
    { output: 'No such city.', isError: true },
  ])
  await client.close()
})
