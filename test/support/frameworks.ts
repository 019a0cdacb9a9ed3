/**
 * The frameworks that have a `useStream()`, for the pages of `test/frameworks`.
 */

import { fileURLToPath } from 'node:url'
import type { PluginOption } from 'vite'
import { svelte } from '../../examples/frameworks/svelte-plugin.js'
import { react18 } from './react-18.js'

export const frameworks = ['react', 'react 18', 'vue', 'svelte', 'solid'] as const

export type Framework = (typeof frameworks)[number]

export function pageOf(framework: Framework): { entry: string; plugins: PluginOption[] } {
  const name = framework.replace(' 18', '')
  return {
    entry: fileURLToPath(new URL(`../frameworks/${name}-page.ts`, import.meta.url)),
    plugins: framework === 'react 18' ? [react18()] : [svelte()],
  }
}
