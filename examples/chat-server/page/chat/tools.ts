/**
 * What the page knows of the server's tools.
 */

interface ShownTool {
  /** Its name for people. */
  title: string
  /** Who answers a call. After a reload, only the name of the tool shows it. */
  waitsFor?: 'approval' | 'client'
}

const tools: Readonly<Record<string, ShownTool>> = {
  weather: { title: 'Weather' },
  send_email: { title: 'Send an email', waitsFor: 'approval' },
  pick_date: { title: 'Pick a date', waitsFor: 'client' },
}

export function titleOf(name: string): string {
  return tools[name]?.title ?? name
}

export function waitsFor(name: string): ShownTool['waitsFor'] {
  return tools[name]?.waitsFor
}
