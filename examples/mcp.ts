/**
 * The tools of an MCP server, which runs as a process of its own. Run it with `npm run example examples/mcp.ts`.
 */

import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { createStream } from 'sluice'
import { mcpTools } from 'sluice/mcp'
import { model } from './model.ts'

const call = { name: 'temperature', input: { city: 'Oslo' } }
const driver = model({ answer: [{ toolCalls: [call] }, 'It is 7 °C in Oslo. Take a coat.'] })

const client = new Client({ name: 'example', version: '1.0.0' })
const server = fileURLToPath(new URL('mcp-server.ts', import.meta.url))
await client.connect(new StdioClientTransport({ command: process.execPath, args: [server] }))

const tools = await mcpTools(client)
for await (const event of createStream({ driver, prompt: 'Do I need a coat in Oslo?', tools })) {
  if (event.type === 'content' && event.kind === 'text') process.stdout.write(event.text)
  if (event.type === 'content' && event.kind === 'tool-result') {
    console.log(event.preliminary ? 'progress:' : `${event.name}:`, event.output)
  }
  if (event.type === 'error') console.error(`${event.error.code}: ${event.error.message}`)
}
console.log()
await client.close()
