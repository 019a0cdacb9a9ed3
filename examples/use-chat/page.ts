/**
 * The page, built when the server starts. In an app of your own this is the work of Vite, Next or whatever you use.
 */

import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { build, type PluginOption, type Rollup } from 'vite'

export interface PageFile {
  body: string
  type: string
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/**
 * @param folder - with an `index.html`
 * @param plugins - besides that of React
 * @returns the files by their paths, such as `/index.html`
 */
export async function buildPage(
  folder: URL,
  plugins: PluginOption[] = [],
): Promise<Map<string, PageFile>> {
  const { output } = (await build({
    root: fileURLToPath(folder),
    configFile: false,
    logLevel: 'error',
    plugins: [react(), ...plugins],
    build: { write: false, chunkSizeWarningLimit: 2_000 },
  })) as Rollup.RollupOutput
  return new Map(
    output.map((file) => [
      `/${file.fileName}`,
      {
        body: file.type === 'chunk' ? file.code : String(file.source),
        type: types[extname(file.fileName)] ?? 'application/octet-stream',
      },
    ]),
  )
}
