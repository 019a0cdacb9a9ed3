/**
 * The pages that may use the server.
 */

import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { failure } from './failure.ts'

/** `*` for pages of any origin. Otherwise pages of this machine, and of these origins. */
export type Origins = '*' | readonly string[]

/**
 * Adds the headers of CORS, and refuses requests from other pages. A browser sends some requests
 * without asking first, and keeps only the answer from the page: by then it has been paid for.
 */
export function originsOnly(origins: Origins): MiddlewareHandler {
  const isAllowed = (origin: string): boolean =>
    origins === '*' || isLocal(origin) || origins.includes(origin)
  const headers = cors({
    origin: origins === '*' ? '*' : (origin) => (isAllowed(origin) ? origin : null),
    exposeHeaders: ['retry-after', 'content-location'],
  })
  return async (context, next) => {
    const origin = context.req.header('origin')
    if (origin === undefined || isAllowed(origin)) return headers(context, next)
    const message = `Pages of ${origin} may not use this server. CORS_ORIGINS can name them.`
    return failure(context.req.path, 403, 'permission', message)
  }
}

/** @throws TypeError for what is no list of origins */
export function readOrigins(text: string | undefined, isSimulated: boolean): Origins {
  if (!text) return isSimulated ? '*' : []
  if (text.trim() === '*') return '*'
  const origins = text.split(',').map((origin) => origin.trim())
  for (const origin of origins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue
    throw new TypeError(
      `CORS_ORIGINS has "${origin}". Give * or origins, such as https://chat.example.com, with commas between them.`,
    )
  }
  return origins
}

export function describeOrigins(origins: Origins): string {
  if (origins === '*') return 'Pages of any origin may use the server (CORS_ORIGINS).'
  const named = ['localhost', ...origins].join(', ')
  return `Pages of ${named} may use the server (CORS_ORIGINS).`
}

function isLocal(origin: string): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, hostname } = new URL(origin)
  const isWeb = protocol === 'http:' || protocol === 'https:'
  return isWeb && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
