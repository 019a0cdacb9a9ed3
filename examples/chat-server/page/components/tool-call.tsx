/**
 * A call of a tool: what it was called with, how far it is, and what it has returned.
 */

import { titleOf, waitsFor } from '../chat/tools.ts'
import type { CallState } from '../chat/types.ts'
import { Approval } from './approval.tsx'
import { DatePicker } from './date-picker.tsx'
import { Icon, type IconName } from './icon.tsx'
import { Json } from './json.tsx'

export interface ToolCallProps {
  call: CallState
  onApprove: (id: string, isApproved: boolean) => void
}

export function ToolCall({ call, onApprove }: ToolCallProps) {
  const { id, name, input, output } = call
  const waiting = call.for ?? waitsFor(name)
  // The date picker is a tool of the page, which is running while it waits.
  if (call.state === 'running' && waiting === 'client') return <DatePicker id={id} input={input} />
  if (call.state === 'waiting' && waiting === 'approval' && call.approved === undefined) {
    return <Approval call={call} onApprove={onApprove} />
  }
  const state = stateOf(call)
  return (
    <details className={`fold tool ${state.className}`}>
      <summary>
        <Icon name="chevron" />
        {state.icon === undefined ? (
          <span className="spinner" aria-hidden="true" />
        ) : (
          <Icon name={state.icon} />
        )}
        <span className="tool-name">{titleOf(name)}</span>
        <span className="tool-state">
          {call.state === 'running' && typeof output === 'string' ? output : state.text}
        </span>
      </summary>
      <Json label="Called with" value={input} />
      {output !== undefined && <Json label={outputLabel(call.state)} value={output} />}
    </details>
  )
}

function outputLabel(state: CallState['state']): string {
  if (state === 'failed') return 'Problem'
  return state === 'done' ? 'Result' : 'So far'
}

interface ShownState {
  text: string
  className: string
  icon?: IconName
}

function stateOf({ state, for: reason, approved }: CallState): ShownState {
  switch (state) {
    case 'called':
      return { text: 'Preparing…', className: 'is-running' }
    case 'running':
      return { text: 'Running…', className: 'is-running' }
    case 'waiting':
      if (approved !== undefined) return { text: approved ? 'Allowed' : 'Denied', className: '' }
      return reason === 'steps'
        ? {
            text: 'Not run: the answer had too many steps',
            className: 'is-failed',
            icon: 'warning',
          }
        : { text: 'Waiting for an answer', className: '', icon: 'tool' }
    case 'done':
      return { text: 'Done', className: 'is-done', icon: 'check' }
    case 'failed':
      if (approved === false) return { text: 'Denied', className: '', icon: 'close' }
      return { text: 'Failed', className: 'is-failed', icon: 'warning' }
  }
}
