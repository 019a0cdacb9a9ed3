/**
 * Formats for front ends that were made for other libraries.
 *
 * @module sluice/formats
 */

export type { Format } from '../base/stream-format.js'
export { type AgUiOptions, agUi } from '../formats/ag-ui.js'
export { type AiSdkOptions, aiSdk } from '../formats/ai-sdk.js'
export { fromUIMessages, type UIMessageLike } from '../formats/from-ui-messages.js'
export { type OpenaiChatOptions, openaiChat } from '../formats/openai-chat.js'
