/**
 * A call that runs only if the person at the page allows it.
 */

import { useId } from 'react'
import { titleOf } from '../chat/tools.ts'
import type { CallState } from '../chat/types.ts'
import { Fields, isRecord } from './json.tsx'

export interface ApprovalProps {
  call: CallState
  onApprove: (id: string, isApproved: boolean) => void
}

export function Approval({ call: { id, name, input }, onApprove }: ApprovalProps) {
  const heading = useId()
  return (
    <section className="ask" aria-labelledby={heading}>
      <h3 id={heading}>{titleOf(name)}?</h3>
      {isRecord(input) && <Fields value={input} />}
      <div className="buttons">
        <button type="button" className="button primary" onClick={() => onApprove(id, true)}>
          Allow
        </button>
        <button type="button" className="button" onClick={() => onApprove(id, false)}>
          Deny
        </button>
      </div>
    </section>
  )
}
