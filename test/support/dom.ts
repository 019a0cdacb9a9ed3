/**
 * A document for tests that render, beside Node's own `fetch`, which refuses the `AbortSignal` of jsdom. To be imported first.
 */

/** It comes without types. */
interface Jsdom {
  JSDOM: new (html: string, options: { url: string }) => { window: { close(): void } }
}

const name: string = 'jsdom'
const { JSDOM } = (await import(name)) as Jsdom

/** To be closed after the tests. */
export const { window } = new JSDOM('<!doctype html><body></body>', { url: 'http://localhost/' })
for (const key of ['document', 'HTMLElement', 'HTMLIFrameElement', 'Node', 'MutationObserver']) {
  Object.defineProperty(globalThis, key, { value: window[key as never], configurable: true })
}
Object.defineProperty(globalThis, 'window', { value: window, configurable: true })
