/**
 * The page for browsers.
 */

import { Hono } from 'hono'

export interface PageFile {
  contentType: string
  body: string
}

/** By their paths, such as `/index.html`. */
export type PageFiles = ReadonlyMap<string, PageFile>

/** The page at `/` for clients that accept HTML. Others get what the other routes answer. */
export function pageRoutes(files: PageFiles): Hono {
  const routes = new Hono()
  routes.get('*', async ({ req }, next) => {
    const isPage = req.path === '/' && req.header('accept')?.includes('text/html')
    const path = isPage ? '/index.html' : req.path
    const file = files.get(path)
    if (file === undefined) return next()
    return new Response(file.body, {
      headers: {
        'content-type': file.contentType,
        // The names of all other files change with what is in them.
        'cache-control':
          path === '/index.html' ? 'no-cache' : 'public, max-age=31536000, immutable',
        'content-security-policy':
          "default-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        vary: 'accept',
      },
    })
  })
  return routes
}
