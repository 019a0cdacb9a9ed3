/**
 * What the API refuses in a conversation that was cut, or whose answers broke off.
 *
 * @module
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools
 */

import { isRecord, type Json } from '../../base/read-json.js'
import type { Turn } from '../alternating-turns.js'

/**
 * Leaves out tools of the server that never finished, results whose call is gone, and thinking at
 * the end of a turn. A tool that may still finish stays: the server continues it.
 *
 * @param turns - their items are ours, and may be changed
 */
export function settleTurns(turns: readonly Turn[]): Turn[] {
  // The first question of a conversation
  if (turns.every(({ role }) => role === 'user')) return [...turns]
  const kept = dropUnfinished(turns)
  nameToolsets(kept)
  return dropTrailingThinking(kept)
}

function dropUnfinished(turns: readonly Turn[]): Turn[] {
  const uses = usesOfResults(turns)
  const answered = new Set(uses.values())
  // A message of the user that is more than the results of tools ends the turn of the model.
  const open =
    turns.findLastIndex(({ role, items }) => role === 'user' && !items.some(isResult)) + 1
  const kept = new Set<Json | undefined>()
  const ids = new Set<unknown>()
  return turns.map((turn, position) => {
    if (turn.role === 'user') return turn
    const items = turn.items.filter((block) => {
      const { id, caller, tool_use_id } = block
      const calledBy = isRecord(caller) ? caller.tool_id : undefined
      const isCalled = calledBy === undefined || ids.has(calledBy)
      if (block.type === 'tool_use') {
        // A call of ours stands without the code that made it.
        if (!isCalled) delete block.caller
      } else if (tool_use_id !== undefined) {
        // A result has the caller of its tool.
        if (!kept.has(uses.get(block))) return false
      } else {
        const finishes = !runsOnServer(block) || position >= open || answered.has(block)
        if (!isCalled || !finishes) return false
      }
      kept.add(block)
      if (id !== undefined) ids.add(id)
      return true
    })
    return { ...turn, items }
  })
}

/** What each result of the server's own tools answers. Ids may repeat. */
function usesOfResults(turns: readonly Turn[]): Map<Json, Json> {
  const open = new Map<unknown, Json>()
  const uses = new Map<Json, Json>()
  for (const { role, items } of turns) {
    if (role === 'user') continue
    for (const block of items) {
      const use = open.get(block.tool_use_id)
      if (use !== undefined && open.delete(block.tool_use_id)) uses.set(block, use)
      if (block.id !== undefined && block.type !== 'tool_use') open.set(block.id, block)
    }
  }
  return uses
}

function runsOnServer({ type }: Json): boolean {
  return typeof type === 'string' && type.endsWith('_tool_use')
}

function isResult({ type }: Json): boolean {
  return type === 'tool_result'
}

/** The result of a tool of a set names the set too. */
function nameToolsets(turns: readonly Turn[]): void {
  const toolsets = new Map<unknown, unknown>()
  for (const block of turns.flatMap(({ items }) => items)) {
    if (block.type === 'tool_use' && typeof block.toolset_name === 'string') {
      toolsets.set(block.id, block.toolset_name)
    }
    if (isResult(block) && toolsets.has(block.tool_use_id)) {
      block.toolset_name ??= toolsets.get(block.tool_use_id)
    }
  }
}

/** Such as that of a turn whose calls were never answered. */
function dropTrailingThinking(turns: readonly Turn[]): Turn[] {
  const settled: Turn[] = []
  for (const turn of turns.toReversed()) {
    const items = [...turn.items]
    // A turn of one role may be several messages.
    if (turn.role === 'assistant' && settled.at(-1)?.role !== 'assistant') {
      while (isThinking(items.at(-1))) items.pop()
    }
    if (items.length > 0) settled.push({ ...turn, items })
  }
  return settled.toReversed()
}

export function isThinking(block: Json | undefined): boolean {
  return block?.type === 'thinking' || block?.type === 'redacted_thinking'
}
