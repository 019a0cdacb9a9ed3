import type { ReactNode } from 'react'
import type { CallState } from 'sluice/react'

export interface CallProps {
  call: CallState
  onAnswer(id: string, approved: boolean): void
}

/** One call of a tool: called, running, waiting, done or failed. */
export function Call({ call, onAnswer }: CallProps): ReactNode {
  const { id, name, input, state, output, approved } = call
  const isAsked = state === 'waiting' && call.for === 'approval' && approved === undefined
  return (
    <section className={`call ${state}`}>
      <header>
        <strong>{name}</strong>
        <span>{state}</span>
      </header>
      <code>{textOf(input)}</code>
      {isAsked && (
        <div>
          <button type="button" onClick={() => onAnswer(id, true)}>
            Allow
          </button>
          <button type="button" onClick={() => onAnswer(id, false)}>
            Refuse
          </button>
        </div>
      )}
      {output !== undefined && <output>{textOf(output)}</output>}
    </section>
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
