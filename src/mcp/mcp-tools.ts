/**
 * Tools of MCP servers.
 *
 * @module
 * @see https://modelcontextprotocol.io/specification
 */

import {
  checkOptions,
  flag,
  func,
  has,
  type Rule,
  type Rules,
  rule,
} from '../base/check-options.js'
import { StreamError } from '../base/errors.js'
import { exceededBound } from '../base/json-bounds.js'
import { optionError } from '../base/option-error.js'
import type { JsonSchema } from '../base/schema.js'
import type { RunContext, Tool } from '../base/tools.js'
import { callTool } from './call-tool.js'
import type { McpClient, McpTool } from './client.js'
import { readResult } from './read-result.js'
import { modelNames } from './tool-names.js'

/** Options of `mcpTools()`. */
export interface McpToolsOptions {
  /**
   * Comes before the name of each tool, such as `github_`, so that tools of several servers do not
   * replace each other.
   * @default ''
   */
  prefix?: string
  /**
   * Which calls a person has to allow before they run: those of all tools, or what this returns for
   * each tool. The annotations in its argument are the words of the server.
   * @default false
   */
  approve?: boolean | ((tool: McpTool) => Tool['approve'])
  /**
   * Which tools are never called again if it is not known whether a call was carried out.
   * @default all but those that the server declares as read-only or idempotent
   */
  once?: boolean | ((tool: McpTool) => boolean)
  /**
   * Which media types the model can read. A file of any other type is replaced by a remark.
   * Providers refuse requests with files that they cannot read.
   * @default all
   */
  accepts?(mediaType: string): boolean
  /**
   * Returns `_meta` for a call, such as an idempotency key or a trace id for a server that reads it:
   * `({ key }) => ({ 'example.com/key': key })`. The key holds the id of the conversation, so it is
   * not sent without this.
   */
  meta?(context: RunContext): Record<string, unknown>
}

const flagOrFunction: Rule = rule(
  'true, false, or a function',
  (value) => flag.isAllowed(value) || func.isAllowed(value),
)

const rules: Rules<McpToolsOptions> = {
  prefix: rule(
    'at most 32 letters, digits, "_" and "-", beginning with a letter or "_"',
    (value) => typeof value === 'string' && /^(?:[a-zA-Z_][\w-]{0,31})?$/.test(value),
  ),
  approve: flagOrFunction,
  once: flagOrFunction,
  accepts: func,
  meta: func,
}

/** No server has more pages of tools. */
const maxPages = 1_000

/**
 * Makes tools of a connected client of `@modelcontextprotocol/sdk`, for `createStream({ tools })`.
 *
 * The tools are those that the server has now. To follow changes, call it again before each step.
 *
 * Progress that the server reports are preliminary results, `{ progress, total?, message? }`. An
 * abort and `timeout.toolMs` cancel the call on the server. The text of a result with `isError` is
 * for the model. For an error of the protocol or the connection it gets a fixed sentence, and
 * `onToolEnd` the error. Tools that run only as tasks of the protocol are left out.
 *
 * @throws TypeError for an invalid option, and for anything that is not a client
 * @throws StreamError `protocol` for a list that does not end, or that holds an invalid schema
 * @throws the error of the client if it is not connected, or if the server does not list its tools
 * @example
 * ```ts
 * import { Client } from '@modelcontextprotocol/sdk/client/index.js'
 * import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
 * import { mcpTools } from 'sluice/mcp'
 *
 * const client = new Client({ name: 'my-app', version: '1.0.0' })
 * await client.connect(new StdioClientTransport({ command: 'my-server' }))
 * const tools = await mcpTools(client)
 * const beforeStep = async () => ({ tools: await mcpTools(client) })
 * createStream({ driver, prompt, tools, beforeStep })
 * ```
 */
export async function mcpTools(
  client: McpClient,
  options: McpToolsOptions = {},
): Promise<Record<string, Tool>> {
  if (!has(client, 'listTools', 'callTool')) {
    throw optionError('client', client, 'a connected Client of @modelcontextprotocol/sdk')
  }
  checkOptions('mcpTools', options, rules)
  const listed = await listTools(client)
  const names = modelNames([...listed.keys()], options.prefix ?? '')
  // Unlike an assignment, this makes a property of any name.
  return Object.fromEntries(
    [...listed].map(([name, tool]) => [names.get(name), toTool(client, tool, options)]),
  )
}

/** All tools that the loop can call, by name. The first one of a name is that of the server. */
async function listTools(client: McpClient): Promise<Map<string, McpTool>> {
  const listed = new Map<string, McpTool>()
  const cursors = new Set<string>()
  for (let cursor: string | undefined; ; cursors.add(cursor)) {
    const page = await client.listTools(cursor === undefined ? {} : { cursor })
    for (const tool of page.tools) {
      const isTask = tool.execution?.taskSupport === 'required'
      if (!isTask && !listed.has(tool.name)) listed.set(tool.name, tool)
    }
    cursor = page.nextCursor
    // Some servers end their list with an empty cursor.
    if (!cursor) return listed
    if (cursors.has(cursor) || cursors.size >= maxPages) {
      throw new StreamError('protocol', 'The list of tools of the MCP server does not end.')
    }
  }
}

function toTool(client: McpClient, tool: McpTool, options: McpToolsOptions): Tool {
  const { name, title, description = title, annotations = {} } = tool
  const { readOnlyHint, idempotentHint } = annotations
  const { accepts = () => true, meta } = options
  const { approve, once = readOnlyHint !== true && idempotentHint !== true } = options
  const needed = typeof approve === 'function' ? approve(tool) : approve
  return {
    ...(description === undefined ? {} : { description }),
    parameters: schemaOf(tool),
    ...(needed === undefined ? {} : { approve: needed }),
    once: typeof once === 'function' ? once(tool) : once,
    async *run(input: Record<string, unknown>, context) {
      const call = { name, arguments: input, ...(meta && { _meta: meta(context) }) }
      return readResult(yield* callTool(client, call, context.signal), accepts)
    },
  }
}

/** @throws StreamError `protocol` for anything that providers would refuse as a whole */
function schemaOf({ name, inputSchema }: McpTool): JsonSchema {
  // The library takes an object with `~standard` for a schema that it can call.
  const { $schema: _dialect, '~standard': _brand, ...schema } = inputSchema as JsonSchema
  const complaint = schema.type === 'object' ? boundOf(schema) : 'does not describe an object'
  if (complaint === undefined) return schema
  throw new StreamError('protocol', `The inputSchema of the MCP tool "${name}" ${complaint}.`)
}

function boundOf(schema: JsonSchema): string | undefined {
  try {
    return exceededBound(JSON.stringify(schema))
  } catch {
    return 'is nested too deeply'
  }
}
