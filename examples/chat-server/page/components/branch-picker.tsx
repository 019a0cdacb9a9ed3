/**
 * Leads through the versions of a message that was edited, or of an answer that was regenerated.
 */

import { IconButton } from './icon-button.tsx'

export interface Branch {
  /** From 0. */
  index: number
  count: number
}

export interface BranchPickerProps {
  branch: Branch
  isIdle: boolean
  onPick: (index: number) => void
}

export function BranchPicker({ branch: { index, count }, isIdle, onPick }: BranchPickerProps) {
  return (
    <div className="branches">
      <IconButton
        icon="left"
        label="Previous version"
        aria-disabled={!isIdle || index === 0}
        onClick={() => index > 0 && onPick(index - 1)}
      />
      <span aria-label={`Version ${index + 1} of ${count}`} role="img">
        {index + 1}/{count}
      </span>
      <IconButton
        icon="chevron"
        label="Next version"
        aria-disabled={!isIdle || index === count - 1}
        onClick={() => index < count - 1 && onPick(index + 1)}
      />
    </div>
  )
}
