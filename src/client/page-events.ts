/**
 * Detects that a page comes back.
 *
 * @module
 */

/** A part of `window` or `document`. React Native has a `window` without events. */
type Target = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>

/**
 * Listens for a page that is online, visible, or shown again. Does nothing outside a page.
 *
 * @param onWake - `isRestored`: the page comes from the back/forward cache, which keeps no
 *   connection
 * @returns the function that stops listening
 */
export function listenForWake(onWake: (isRestored: boolean) => void): () => void {
  const { window = globalThis, document } = globalThis as { window?: Target; document?: Document }
  const controls: (() => void)[] = []
  const listen = (target: Target | undefined, type: string, listener: (event: Event) => void) => {
    if (typeof target?.addEventListener !== 'function') return
    target.addEventListener(type, listener)
    controls.push(() => target.removeEventListener(type, listener))
  }
  listen(window, 'online', () => onWake(false))
  listen(window, 'pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) onWake(true)
  })
  listen(document, 'visibilitychange', () => {
    if (document?.visibilityState === 'visible') onWake(false)
  })
  return () => {
    for (const stop of controls) stop()
  }
}
