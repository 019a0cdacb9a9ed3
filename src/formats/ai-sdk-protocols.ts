/**
 * What the readers of each version of `ai` know. They refuse the whole stream for a chunk of an
 * unknown type, or with a value that is not one of a list.
 *
 * @module
 */

export interface AiSdkProtocol {
  /** `reset-step` */
  canReset: boolean
  /** `tool-approval-request` and `tool-output-denied` */
  hasApprovals: boolean
  /** Files and results keep their `providerMetadata`. */
  keepsMetadata: boolean
  /** The finish reason of a stream that was cancelled. */
  interrupted: string
}

export const protocols: Record<5 | 6 | 7, AiSdkProtocol> = {
  5: { canReset: false, hasApprovals: false, keepsMetadata: false, interrupted: 'error' },
  6: { canReset: false, hasApprovals: true, keepsMetadata: true, interrupted: 'error' },
  7: { canReset: true, hasApprovals: true, keepsMetadata: true, interrupted: 'interrupted' },
}
