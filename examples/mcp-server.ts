/**
 * An MCP server with one tool, for mcp.ts.
 */

import { setTimeout } from 'node:timers/promises'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'

const server = new McpServer({ name: 'weather', version: '1.0.0' })

server.registerTool(
  'temperature',
  {
    description: 'The temperature in a city, in °C.',
    inputSchema: { city: z.string() },
    outputSchema: { celsius: z.number() },
    annotations: { readOnlyHint: true },
  },
  async ({ city }, { _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken
    if (progressToken !== undefined) {
      const params = { progressToken, progress: 1, total: 2, message: `Asking about ${city}` }
      await sendNotification({ method: 'notifications/progress', params })
    }
    // Asking takes a while.
    await setTimeout(200)
    const answer = { celsius: 7 }
    return {
      content: [{ type: 'text', text: JSON.stringify(answer) }],
      structuredContent: answer,
    }
  },
)

await server.connect(new StdioServerTransport())
