/**
 * The names of tools for people.
 */

const titles: Readonly<Record<string, string>> = {
  weather: 'Weather',
  send_email: 'Send an email',
  pick_date: 'Pick a date',
}

export function titleOf(name: string): string {
  return titles[name] ?? name
}
