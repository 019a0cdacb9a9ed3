/**
 * Tells browsers apart, without an account: each gets a random id in a cookie that no script can
 * read. Replace it by your users.
 */

import type { MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'

export interface BrowserVariables {
  /** The id of the browser that has sent the request. */
  browser: string
}

const name = 'browser'
/** In seconds: 400 days, the longest that browsers take. */
const maxAge = 34_560_000

/** A page of another site cannot use the cookie (`SameSite`): its requests are those of a stranger. */
export function browserCookie(): MiddlewareHandler<{ Variables: BrowserVariables }> {
  return async (context, next) => {
    const known = getCookie(context, name) ?? ''
    const isKnown = /^[\w-]{16,64}$/.test(known)
    const browser = isKnown ? known : crypto.randomUUID()
    context.set('browser', browser)
    await next()
    if (isKnown) return
    const value = `${name}=${browser}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax`
    context.res.headers.append('set-cookie', value)
  }
}
