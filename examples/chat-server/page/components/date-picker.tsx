/**
 * A call that the person at the page answers with a date.
 */

import { useId, useState } from 'react'
import { answerCall } from '../chat/page-tools.ts'
import { isRecord } from './json.tsx'

export function DatePicker({ id, input }: { id: string; input: unknown }) {
  const field = useId()
  const [date, setDate] = useState(today)
  const label = isRecord(input) && typeof input['label'] === 'string' ? input['label'] : 'A date'
  return (
    <form
      className="ask"
      onSubmit={(event) => {
        event.preventDefault()
        answerCall(id, date)
      }}
    >
      <label htmlFor={field}>{label}</label>
      <div className="buttons">
        <input
          id={field}
          type="date"
          required
          value={date}
          onChange={({ target }) => setDate(target.value)}
        />
        <button type="submit" className="button primary">
          Use this date
        </button>
      </div>
    </form>
  )
}

/** In the time zone of the person. */
function today(): string {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}
