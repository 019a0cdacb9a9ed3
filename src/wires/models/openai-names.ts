/**
 * The names of OpenAI's models, for editors to complete.
 *
 * As of 2026-11-30, from the types `ChatModel` and `ResponsesModel` of `openai` 7.57: the undated
 * names since GPT-4o, without previews and without models for audio or for invited users only.
 *
 * @module
 */

/** A model of OpenAI. Some are served by the Responses API only. */
export type OpenAIModelName =
  | 'gpt-6-astra'
  | 'gpt-6.1-sol'
  | 'gpt-6.1-terra'
  | 'gpt-6-sol'
  | 'gpt-6-luna'
  | 'gpt-5.6-sol'
  | 'gpt-5.6-terra'
  | 'gpt-5.6-luna'
  | 'gpt-5.5'
  | 'gpt-5.5-pro'
  | 'gpt-5.4'
  | 'gpt-5.4-mini'
  | 'gpt-5.4-nano'
  | 'gpt-5.3-chat-latest'
  | 'gpt-5.2'
  | 'gpt-5.2-pro'
  | 'gpt-5.2-chat-latest'
  | 'gpt-5.1'
  | 'gpt-5.1-mini'
  | 'gpt-5.1-codex'
  | 'gpt-5.1-codex-max'
  | 'gpt-5.1-chat-latest'
  | 'gpt-5'
  | 'gpt-5-pro'
  | 'gpt-5-mini'
  | 'gpt-5-nano'
  | 'gpt-5-codex'
  | 'gpt-5-chat-latest'
  | 'gpt-4.1'
  | 'gpt-4.1-mini'
  | 'gpt-4.1-nano'
  | 'gpt-4o'
  | 'gpt-4o-mini'
  | 'o4-mini'
  | 'o4-mini-deep-research'
  | 'o3'
  | 'o3-pro'
  | 'o3-mini'
  | 'o3-deep-research'
  | 'o1'
  | 'o1-pro'
