/**
 * A React hook for streams.
 *
 * @module sluice/react
 */

'use client'

export type {
  CallState,
  PageTool,
  PageTools,
  StreamActions,
  StreamState,
  StreamStatus,
  UseStreamOptions,
} from '../react/options.js'
export { useStream } from '../react/use-stream.js'
