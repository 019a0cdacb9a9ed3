/**
 * The page for browsers.
 */

import { Hono } from 'hono'

export interface PageFile {
  contentType: string
  body: Uint8Array<ArrayBuffer>
  /** The same, compressed, by the names of the encodings. The smallest comes first. */
  encoded: Readonly<Record<string, Uint8Array<ArrayBuffer>>>
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
    const accepted = req.header('accept-encoding')?.split(/[\s,;]+/) ?? []
    const encoding = Object.keys(file.encoded).find((name) => accepted.includes(name))
    return new Response(encoding === undefined ? file.body : file.encoded[encoding], {
      headers: {
        ...(encoding !== undefined && { 'content-encoding': encoding }),
        'content-type': file.contentType,
        // The names of all other files change with what is in them.
        'cache-control':
          path === '/index.html' ? 'no-cache' : 'public, max-age=31536000, immutable',
        'content-security-policy':
          "default-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        vary: 'accept, accept-encoding',
      },
    })
  })
  return routes
}
