/**
 * The files of the page, as `npm start` has built them.
 */

import { readdir, readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import type { PageFile, PageFiles } from './page.ts'

const brotli = promisify(zlib.brotliCompress)
const gzip = promisify(zlib.gzip)

/** The highest takes ten times as long, for 7% less. */
const quality = { [zlib.constants.BROTLI_PARAM_QUALITY]: 9 }

const built = new URL('page/dist/', import.meta.url)

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/** @returns undefined if it has not been built */
export async function readPage(): Promise<PageFiles | undefined> {
  const names = await readdir(built, { recursive: true }).catch(() => [])
  const files = names.filter((name) => extname(name) in types)
  const entries = files.map(async (name): Promise<[string, PageFile]> => {
    const path = name.replaceAll('\\', '/')
    const contentType = types[extname(name)] as string
    const body = await readFile(new URL(path, built))
    const encoded = {
      br: await brotli(body, { params: quality }),
      gzip: await gzip(body, { level: 9 }),
    }
    return [`/${path}`, { contentType, body, encoded }]
  })
  const page = new Map(await Promise.all(entries))
  return page.has('/index.html') ? page : undefined
}
