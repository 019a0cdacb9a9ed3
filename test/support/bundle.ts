/**
 * The source as a browser gets it.
 */

import { fileURLToPath } from 'node:url'
import { build, type PluginOption, type Rollup } from 'vite'

const source = fileURLToPath(new URL('../../src/', import.meta.url))

export interface Bundle {
  code: string
  /** Whatever went into it, by path or package. */
  modules: string[]
  /** What it asks for at run time. */
  imports: string[]
}

export interface BundleOptions {
  /** What is left out. */
  external?: readonly string[]
  /** Which build of React is taken: strict mode does its work in development only. @default 'production' */
  mode?: 'production' | 'development'
  plugins?: PluginOption[]
}

/** Bundles a page or a module, minified, with the entries of this package by their public names. */
export async function bundle(
  entry: string,
  { external = [], mode = 'production', plugins = [] }: BundleOptions = {},
): Promise<Bundle> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    plugins,
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    oxc: { jsx: { development: mode === 'development' } },
    resolve: {
      alias: [
        { find: /^sluice$/, replacement: `${source}entries/index.ts` },
        { find: /^sluice\/([\w-]+)$/, replacement: `${source}entries/$1.ts` },
      ],
    },
    build: {
      write: false,
      minify: true,
      modulePreload: { polyfill: false },
      rollupOptions: { input: entry, external: [...external], preserveEntrySignatures: 'strict' },
    },
  })
  const [first] = Array.isArray(built) ? built : [built as Rollup.RollupOutput]
  const chunks = first?.output.filter((output) => output.type === 'chunk') ?? []
  if (chunks.length !== 1) throw new Error(`${entry} gave ${chunks.length} chunks, not one.`)
  const { code, moduleIds, imports } = chunks[0] as Rollup.OutputChunk
  return { code, modules: moduleIds, imports }
}
