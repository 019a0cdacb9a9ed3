/**
 * The part of a client of `@modelcontextprotocol/sdk` that is used. The caller passes the client in,
 * so that programs without MCP install nothing.
 *
 * @module
 */

/** A connected `Client` of `@modelcontextprotocol/sdk`. */
export interface McpClient {
  listTools(params?: { cursor?: string }): Promise<McpToolPage>
  callTool(params: McpCall, resultSchema: undefined, options: McpRequestOptions): Promise<unknown>
  /** Undefined if the client is not connected. */
  readonly transport?: unknown
}

/** A page of the list of tools. */
export interface McpToolPage {
  tools: readonly McpTool[]
  nextCursor?: string | undefined
}

/** A tool as its server describes it. */
export interface McpTool {
  name: string
  title?: string | undefined
  description?: string | undefined
  /** JSON Schema. */
  inputSchema: object
  annotations?: McpAnnotations | undefined
  execution?: { taskSupport?: string | undefined } | undefined
  _meta?: Record<string, unknown> | undefined
}

/** What a server says of its tool. Rely on it only if you trust the server. */
export interface McpAnnotations {
  title?: string | undefined
  /** The tool changes nothing. */
  readOnlyHint?: boolean | undefined
  /** The tool can delete or overwrite. If absent, assume that it can. */
  destructiveHint?: boolean | undefined
  /** A second call with the same arguments changes nothing more. */
  idempotentHint?: boolean | undefined
  openWorldHint?: boolean | undefined
}

/** A call as the client sends it. */
export interface McpCall {
  name: string
  arguments: Record<string, unknown>
  _meta?: Record<string, unknown>
}

/** Options of a call. */
export interface McpRequestOptions {
  signal: AbortSignal
  /** In milliseconds. */
  timeout: number
  onprogress(progress: McpProgress): void
}

/** The progress of a call: a preliminary result. */
export interface McpProgress {
  progress: number
  total?: number | undefined
  message?: string | undefined
}
