/**
 * Moves the focus to the composer, or on a phone to the messages, when the element that has it goes away, such as a stop button at
 * the end of an answer. A browser would leave it at the body, and the next key would go nowhere.
 *
 * @returns the function that ends it
 */
export function keepFocus(): () => void {
  let focused: Element | null = null
  const onFocus = ({ target }: FocusEvent) => {
    focused = target instanceof Element ? target : null
  }
  const onBlur = ({ target }: FocusEvent) => {
    // Whoever clicks beside everything takes the focus away on purpose. Removal shows a moment later.
    queueMicrotask(() => {
      if (focused === target && focused?.isConnected) focused = null
    })
  }
  const observer = new MutationObserver(() => {
    if (focused === null || focused.isConnected) return
    focused = null
    if (document.activeElement !== document.body) return
    // On a phone, the composer would bring up the keyboard.
    const place = matchMedia('(pointer: fine)').matches ? '[data-composer]' : '.scroller'
    document.querySelector<HTMLElement>(place)?.focus({ preventScroll: true })
  })
  document.addEventListener('focusin', onFocus)
  document.addEventListener('focusout', onBlur)
  observer.observe(document.body, { childList: true, subtree: true })
  return () => {
    observer.disconnect()
    document.removeEventListener('focusin', onFocus)
    document.removeEventListener('focusout', onBlur)
  }
}
