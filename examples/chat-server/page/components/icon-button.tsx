/**
 * A button that is an icon, with a label for screen readers and as a tooltip.
 */

import { Icon, type IconName } from './icon.tsx'

export interface IconButtonProps
  extends Omit<React.ComponentProps<'button'>, 'aria-label' | 'title' | 'children'> {
  icon: IconName
  label: string
}

export function IconButton({ icon, label, className = '', ...props }: IconButtonProps) {
  return (
    <button
      type="button"
      {...props}
      className={`icon-button ${className}`}
      aria-label={label}
      title={label}
    >
      <Icon name={icon} />
    </button>
  )
}
