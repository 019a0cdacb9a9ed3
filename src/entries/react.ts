/**
 * Streams in React components.
 *
 * @module sluice/react
 */

'use client'

export type {
  StreamActions,
  StreamState,
  StreamStatus,
  UseStreamOptions,
} from '../react/options.js'
export { useStream } from '../react/use-stream.js'
