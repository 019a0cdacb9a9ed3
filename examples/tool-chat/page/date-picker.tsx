import { type ReactNode, useState } from 'react'

/** A call of `pickDate` that runs. */
export interface Picking {
  label: string
  resolve(date: string): void
}

export function DatePicker({ label, resolve }: Picking): ReactNode {
  const [date, setDate] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        resolve(date)
      }}
    >
      <label>
        {label}{' '}
        <input type="date" required value={date} onChange={({ target }) => setDate(target.value)} />
      </label>
      <button>OK</button>
    </form>
  )
}
