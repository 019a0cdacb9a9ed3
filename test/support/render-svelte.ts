/**
 * The conversation of the example in Svelte, as a server renders it.
 */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { compile } from 'svelte/compiler'
import type { Chat, ChatOptions } from '../../src/entries/client.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Compiles it. */
export async function svelteRenderer(): Promise<(source: ChatOptions | Chat) => string> {
  const contents = `import Page from './examples/frameworks/conversation.svelte'
    import { render } from 'svelte/server'
    export const renderPage = (source) => render(Page, { props: { source } }).body`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    alias: { 'sluice/svelte': `${root}src/entries/svelte.ts` },
    plugins: [
      {
        name: 'svelte',
        setup({ onLoad }) {
          onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
            const { js } = compile(await readFile(path, 'utf8'), { generate: 'server' })
            return { contents: js.code }
          })
        },
      },
    ],
  })
  const code = Buffer.from(outputFiles[0]?.contents ?? '').toString('base64')
  const module = (await import(`data:text/javascript;base64,${code}`)) as {
    renderPage(source: ChatOptions | Chat): string
  }
  return module.renderPage
}
