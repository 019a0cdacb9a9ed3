/** Blocks that only their maker understands, as each wire has them. */

import type { WireName } from '../../../src/wires/wire-name.js'

type Json = Record<string, unknown>

/**
 * Blocks that the SDKs know, with the mark of their maker.
 *
 * @param id - of the block, or of the one that it answers
 */
export function knownBlocks(wire: WireName, mark: string, id: string): Json[] {
  switch (wire) {
    case 'anthropic-messages':
      return messagesBlocks(mark, id)
    case 'openai-responses':
      return responsesItems(mark, id)
    case 'openai-chat':
      return [{ type: 'refusal', refusal: mark }]
    case 'gemini':
      return geminiParts(mark, id)
  }
}

/** Blocks of a kind that is added later. */
export function laterBlocks(wire: WireName, mark: string, id: string): Json[] {
  if (wire === 'gemini') return [{ laterPart: { id, mark }, thoughtSignature: mark }]
  if (wire === 'openai-chat') {
    return [
      { id, type: 'web_search', web_search: { mark } },
      { type: 'later_chunk', mark },
    ]
  }
  const call = wire === 'openai-responses' ? { type: 'later_call' } : { type: 'later_tool_use' }
  return [
    { ...call, id, mark },
    { type: 'later_block', mark },
  ]
}

function messagesBlocks(mark: string, id: string): Json[] {
  const found = { type: 'web_search_result', url: 'https://a.test/', title: 'A' }
  const ran = { type: 'code_execution_result', stdout: mark, stderr: '', return_code: 0 }
  return [
    { type: 'server_tool_use', id, name: 'web_search', input: { query: mark } },
    {
      type: 'web_search_tool_result',
      tool_use_id: id,
      content: [{ ...found, encrypted_content: mark }],
    },
    { type: 'server_tool_use', id, name: 'code_execution', input: { code: mark } },
    { type: 'code_execution_tool_result', tool_use_id: id, content: { ...ran, content: [] } },
    { type: 'mcp_tool_use', id, name: 'm', server_name: mark, input: {} },
    { type: 'mcp_tool_result', tool_use_id: id, content: mark, is_error: false },
    { type: 'compaction', content: mark },
    { type: 'container_upload', file_id: mark },
  ]
}

function responsesItems(mark: string, id: string): Json[] {
  const image = { type: 'image_generation_call', id, status: 'completed', output_format: 'png' }
  return [
    {
      type: 'web_search_call',
      id,
      status: 'completed',
      action: { type: 'search', query: mark, queries: [mark] },
    },
    { type: 'file_search_call', id, status: 'completed', queries: [mark], results: null },
    {
      type: 'code_interpreter_call',
      id,
      status: 'completed',
      code: mark,
      container_id: 'cntr_1',
      outputs: [{ type: 'logs', logs: '1' }],
    },
    { type: 'mcp_list_tools', id, server_label: mark, tools: [] },
    { type: 'mcp_call', id, server_label: mark, name: 'm', arguments: '{}', output: 'ok' },
    { type: 'mcp_approval_response', approval_request_id: id, approve: true, reason: mark },
    { type: 'compaction', id, encrypted_content: mark },
    { ...image, result: '', revised_prompt: mark },
    { ...image, result: mark },
  ]
}

function geminiParts(mark: string, id: string): Json[] {
  const kind = { toolType: 'GOOGLE_SEARCH_WEB', id }
  return [
    { executableCode: { language: 'PYTHON', code: mark }, thoughtSignature: mark },
    { codeExecutionResult: { outcome: 'OUTCOME_OK', output: mark } },
    { toolCall: { ...kind, args: { queries: [mark] } }, thoughtSignature: mark },
    { toolResponse: { ...kind, response: { mark } } },
    { functionResponse: { id, name: 'f', response: { output: mark } } },
    { fileData: { fileUri: `https://a.test/${mark}`, mimeType: 'video/mp4' } },
  ]
}
