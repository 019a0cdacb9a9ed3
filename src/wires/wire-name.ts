/** The wire formats that this package reads and writes, as signatures and simulated providers name them. */
export const wireNames = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
] as const

export type WireName = (typeof wireNames)[number]
