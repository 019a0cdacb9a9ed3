import type { StreamEvent } from '../../src/base/events.js'

export async function collect(stream: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}

/** Events in a form that reads well in an assertion: `content hello`, `retry 2 restart network`. */
export function outline(events: readonly StreamEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'content':
        return `${event.kind} ${'text' in event ? event.text : event.index}`
      case 'retry':
        return `retry ${event.attempt}/${event.maxAttempts} ${event.mode} ${event.error.code}`
      case 'complete':
        return `complete ${event.text}`
      case 'error':
        return `error ${event.error.code}`
      case 'start':
        return 'start'
    }
  })
}
