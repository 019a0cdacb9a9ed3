/**
 * The part of undici's dispatchers that is used. Node's own `fetch` sends through one of them.
 *
 * @module
 */

/** A dispatcher of the package `undici`, from version 6: `Agent`, `EnvHttpProxyAgent`, `MockAgent`. */
export interface Dispatcher {
  /**
   * Sends a request.
   *
   * @param handler - its methods depend on undici's version, so no type fits all of them
   */
  dispatch(options: DispatchOptions, handler: never): unknown
}

/** One request, as dispatchers take it. */
export interface DispatchOptions {
  origin: string
  path: string
  method: 'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST' | 'PUT'
  headers: Record<string, string>
  /** A string, bytes, an AsyncIterable of bytes, or null. */
  body: never
}

/** Controls one request. Of undici 7 and later; `LegacyHandler` has that of undici 6. */
export interface Controller {
  pause(): void
  resume(): void
  abort(reason: Error): void
  readonly rawHeaders?: unknown
}

/** Receives the progress of one request, as undici 7 and later report it. */
export interface Handler {
  onRequestStart(controller: Controller): void
  onResponseStart(
    controller: Controller,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusText?: string,
  ): void
  onResponseData(controller: Controller, chunk: Uint8Array): void
  onResponseEnd(controller: Controller): void
  onResponseError(controller: Controller | undefined, error: Error): void
}

/**
 * The dispatcher that Node's own `fetch` uses at this moment: undici's `setGlobalDispatcher()`
 * replaces it, and so do `NODE_USE_ENV_PROXY` and `--use-env-proxy`.
 *
 * @returns undefined in other runtimes
 */
export function globalDispatcher(): Dispatcher | undefined {
  const version = globalThis.process?.versions.undici
  // Other runtimes report a version for packages that look for one.
  if (version === undefined || isForeign(globalThis.process.versions)) return undefined
  // Node loads undici at the first use of one of its globals.
  void globalThis.Headers
  // The number is that of the interface, which undici has in common with Node across versions.
  const key = Symbol.for(`undici.globalDispatcher.${Number.parseInt(version, 10) < 8 ? 1 : 2}`)
  return (globalThis as { [key: symbol]: Dispatcher | undefined })[key]
}

function isForeign(versions: Record<string, string | undefined>): boolean {
  return versions.bun !== undefined || versions.deno !== undefined
}
