/**
 * Whether a key sends the text. Enter with Shift begins a line, and Enter that picks a word in an
 * input method belongs to that (229 in Safari, which ends the composition first).
 */
export function isSendKey({ key, shiftKey, keyCode, nativeEvent }: React.KeyboardEvent): boolean {
  return key === 'Enter' && !shiftKey && !nativeEvent.isComposing && keyCode !== 229
}
