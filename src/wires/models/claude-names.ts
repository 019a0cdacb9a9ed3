/**
 * The names of Claude models, for editors to complete.
 *
 * As of 2026-11-30, from the type `Model` of `@anthropic-ai/sdk` 1.12: the undated names.
 *
 * @module
 */

/** A model of Anthropic. */
export type ClaudeModelName =
  | 'claude-fable-5-2'
  | 'claude-mythos-5-2'
  | 'claude-haiku-5-5'
  | 'claude-sonnet-5-5'
  | 'claude-opus-5-5'
  | 'claude-fable-5-1'
  | 'claude-mythos-5-1'
  | 'claude-fable-5'
  | 'claude-mythos-5'
  | 'claude-sonnet-5'
  | 'claude-opus-5'
  | 'claude-opus-4-8'
  | 'claude-opus-4-7'
  | 'claude-mythos-preview'
  | 'claude-opus-4-6'
  | 'claude-sonnet-4-6'
  | 'claude-haiku-4-5'
  | 'claude-opus-4-5'
  | 'claude-sonnet-4-5'
