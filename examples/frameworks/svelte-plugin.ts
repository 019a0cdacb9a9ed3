/** Compiles `.svelte` files. An app uses `@sveltejs/vite-plugin-svelte`. */

import { readFile } from 'node:fs/promises'
import { compile } from 'svelte/compiler'
import type { Plugin } from 'vite'

export function svelte(): Plugin {
  return {
    name: 'svelte',
    async load(id) {
      if (!id.endsWith('.svelte')) return null
      const { js } = compile(await readFile(id, 'utf8'), { filename: id, generate: 'client' })
      return js.code
    },
  }
}
