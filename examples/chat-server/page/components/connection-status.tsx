/**
 * How the connection is, while it is not as it should be.
 */

import type { ShownChat } from '../chat/types.ts'
import { useOnline } from '../hooks/use-online.ts'

type Props = Pick<ShownChat, 'connection' | 'retrying'>

export function ConnectionStatus(props: Props) {
  const text = useText(props)
  return (
    <div className="connection" role="status">
      {text !== undefined && (
        <p>
          <span className="spinner" aria-hidden="true" />
          {text}
        </p>
      )}
    </div>
  )
}

function useText({ connection, retrying }: Props): string | undefined {
  const isOnline = useOnline()
  if (!isOnline) return 'You are offline. The chat continues when you are back.'
  if (connection === 'reconnecting') return 'Reconnecting…'
  if (retrying === undefined) return undefined
  const { attempt, maxAttempts } = retrying
  const count = maxAttempts < 100 ? ` ${attempt} of ${maxAttempts}` : ''
  return `The answer broke off. Trying again${count}…`
}
