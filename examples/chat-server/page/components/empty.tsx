/**
 * What an empty chat shows: what can be asked.
 */

export interface Suggestion {
  title: string
  text: string
  /** The model that can do it, if not all can. */
  provider?: string
}

/** Each shows something else that the simulated model does. */
export const suggestions: readonly Suggestion[] = [
  { title: 'Call a tool', text: 'Call a tool: the weather in Oslo' },
  { title: 'Think first', text: 'Think first: why is the sky blue?' },
  { title: 'Answer with code', text: 'Answer with code: a stream in TypeScript' },
  { title: 'Show a table', text: 'Show a table of the events' },
  { title: 'Draw an image', text: 'Draw an image of the sea', provider: 'gemini' },
  { title: 'Send an email', text: 'Send an email to Ada' },
  { title: 'Pick a date', text: 'Pick a date for my departure' },
  { title: 'Fail in the middle', text: 'Fail in the middle, then try again' },
]

export function Empty({ onPick }: { onPick: (suggestion: Suggestion) => void }) {
  return (
    <div className="empty">
      <h2>What shall we talk about?</h2>
      <ul aria-label="Suggestions">
        {suggestions.map((suggestion) => (
          <li key={suggestion.title}>
            <button type="button" className="suggestion" onClick={() => onPick(suggestion)}>
              {suggestion.title}
              <span>{suggestion.text}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
