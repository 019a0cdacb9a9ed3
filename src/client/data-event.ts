/**
 * Events of the application, beside the five of a stream.
 *
 * @module
 */

/**
 * An event of the application. It is not stored with a stream: a reader that reconnects does not
 * receive it again, and readers without `onData` ignore it.
 */
export interface DataEvent {
  type: 'data'
  /** The application's name for this kind of event. */
  name: string
  /** JSON. */
  data: unknown
}

/** @returns undefined for an event of another type, such as those of a later version */
export function parseDataEvent(json: string): DataEvent | undefined {
  const event = JSON.parse(json) as DataEvent
  return event.type === 'data' ? event : undefined
}
