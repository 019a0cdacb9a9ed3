/**
 * The parts of a message: text, reasoning, and calls of tools.
 */

import { getToolName, isToolUIPart } from 'ai'
import type { ChatMessage } from '../messages.ts'

export function MessageParts({ message: { id, parts } }: { message: ChatMessage }) {
  return parts.map((part, index) => {
    // Parts are only added at the end, or all taken back.
    const key = `${id} ${index}`
    if (part.type === 'text') return <p key={key}>{part.text}</p>
    if (part.type === 'reasoning') {
      const isThinking = part.state === 'streaming'
      return (
        <details key={key} className="reasoning" open={isThinking}>
          <summary>{isThinking ? 'Thinking …' : 'Thought'}</summary>
          <p>{part.text}</p>
        </details>
      )
    }
    if (!isToolUIPart(part)) return null
    const output = part.state === 'output-available' ? String(part.output) : '…'
    return (
      <p key={key} className="tool">
        <b>{getToolName(part)}</b> {part.state === 'output-error' ? part.errorText : output}
      </p>
    )
  })
}
