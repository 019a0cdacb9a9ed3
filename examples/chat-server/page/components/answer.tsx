/**
 * The parts of an answer, in their order: reasoning, text, calls, images, sources.
 */

import type { Part } from '../chat/message-parts.ts'
import { dataUrl } from '../chat/message-parts.ts'
import type { CallState } from '../chat/types.ts'
import { Markdown } from '../markdown/lazy-markdown.tsx'
import { Picture } from './picture.tsx'
import { Reasoning } from './reasoning.tsx'
import { Sources } from './sources.tsx'
import { ToolCall } from './tool-call.tsx'

export interface AnswerProps {
  parts: readonly Part[]
  /** The calls among the parts, in order. */
  calls: readonly CallState[]
  isStreaming: boolean
  onApprove: (id: string, isApproved: boolean) => void
}

export function Answer({ parts, calls, isStreaming, onApprove }: AnswerProps) {
  let nextCall = 0
  const sources = parts.filter((part) => part.type === 'source')
  return (
    <>
      {parts.map((part, index) => {
        const isGrowing = isStreaming && index === parts.length - 1
        // Parts are only added at the end, or replaced in their place.
        const key = index
        switch (part.type) {
          case 'text':
            return <Markdown key={key} text={part.text} isGrowing={isGrowing} />
          case 'reasoning':
            return part.text === '' ? null : (
              <Reasoning key={key} text={part.text} isGrowing={isGrowing} />
            )
          case 'tool-call': {
            const call = calls[nextCall++]
            return call && <ToolCall key={key} call={call} onApprove={onApprove} />
          }
          case 'file':
            return (
              <Picture
                key={key}
                url={dataUrl(part.data, part.mediaType)}
                mediaType={part.mediaType}
              />
            )
          default:
            return null
        }
      })}
      {sources.length > 0 && <Sources sources={sources} />}
    </>
  )
}
