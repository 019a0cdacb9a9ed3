/**
 * What a tool was called with, or has returned: fields as a list, the rest as JSON.
 */

export function Json({ label, value }: { label: string; value: unknown }) {
  return (
    <div className="json">
      <h3>{label}</h3>
      <Value value={value} />
    </div>
  )
}

function Value({ value }: { value: unknown }) {
  if (isRecord(value) && Object.keys(value).length > 0) return <Fields value={value} />
  // Scrolls by the keyboard. oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
  return (
    <pre tabIndex={0}>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
  )
}

export function Fields({ value }: { value: Readonly<Record<string, unknown>> }) {
  return (
    <dl>
      {Object.entries(value).map(([name, field]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof field === 'string' ? field : JSON.stringify(field, null, 2)}</dd>
        </div>
      ))}
    </dl>
  )
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
