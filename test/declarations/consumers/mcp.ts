/**
 * The client of the MCP SDK, which needs the types of Node and the DOM.
 */

import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { createStream, type Driver } from 'sluice'
import { mcpTools } from 'sluice/mcp'

export async function ask(driver: Driver): Promise<string> {
  const client = new Client({ name: 'n', version: '1.0.0' })
  const tools = await mcpTools(client, {
    approve: ({ annotations }) => annotations?.destructiveHint !== false,
    once: ({ name }) => name === 'pay',
  })
  const beforeStep = async () => ({ tools: await mcpTools(client) })
  return createStream({ driver, prompt: 'p', tools, beforeStep }).text()
}
