/**
 * Formats for front ends that were made for other libraries, and their messages.
 *
 * @module sluice/formats
 */

export type { Format } from '../base/stream-format.js'
export { type AgUiOptions, agUi } from '../formats/ag-ui.js'
export type {
  AgUiMessage,
  AgUiMessageLike,
  AgUiPart,
  AgUiToolCall,
} from '../formats/ag-ui-shape.js'
export { type AiSdkOptions, aiSdk } from '../formats/ai-sdk.js'
export { fromAgUiMessages } from '../formats/from-ag-ui-messages.js'
export { fromOpenaiMessages, type OpenaiMessageLike } from '../formats/from-openai-messages.js'
export { fromUiMessages } from '../formats/from-ui-messages.js'
export { type OpenaiChatOptions, openaiChat } from '../formats/openai-chat.js'
export { toAgUiMessages } from '../formats/to-ag-ui-messages.js'
export { type OpenaiMessage, toOpenaiMessages } from '../formats/to-openai-messages.js'
export { type ToUiMessagesOptions, toUiMessages } from '../formats/to-ui-messages.js'
export type {
  UiJson,
  UiMessage,
  UiMessageLike,
  UiMetadata,
  UiPart,
  UiPartOf5,
} from '../formats/ui-message.js'
