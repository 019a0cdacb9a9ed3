/**
 * Tools of MCP servers, through a client of the package `@modelcontextprotocol/sdk`.
 *
 * @module sluice/mcp
 */

export type {
  McpAnnotations,
  McpCall,
  McpClient,
  McpProgress,
  McpRequestOptions,
  McpTool,
  McpToolPage,
} from '../mcp/client.js'
export { type McpToolsOptions, mcpTools } from '../mcp/mcp-tools.js'
