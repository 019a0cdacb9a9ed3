/**
 * The site: the pages of `docs/` where they stand, with a home page and a playground from this
 * folder. `npm --prefix docs/reference start` writes the reference, which is copied into it.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { forRepositoryPages } from './markdown.ts'
import { docs, sidebar } from './pages.ts'
import { copyReference } from './reference.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string
  version: string
  description: string
  repository: { url: string }
}
const repository = manifest.repository.url.replace(/^git\+|\.git$/g, '')
const entries = join(root, 'dist/entries')

/** Where the site is served, such as `/sluice/`. */
const base = process.env.SITE_BASE ?? '/'

export default defineConfig({
  base,
  title: manifest.name,
  description: manifest.description,
  head: [['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }]],
  srcDir: '..',
  outDir: 'dist',
  srcExclude: ['reference/**', 'site/node_modules/**', 'site/dist/**'],
  rewrites: { 'site/:page': ':page' },
  cleanUrls: false,
  // The reference is copied below, and examples run on localhost.
  ignoreDeadLinks: [/^\/reference\//, /^https?:\/\/localhost/],
  markdown: {
    config: forRepositoryPages(repository),
    // The colours of the default themes are too faint for small text.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    languageAlias: { haproxy: 'nginx' },
  },
  themeConfig: {
    // The name of the button is what it shows.
    search: { provider: 'local', options: { translations: { button: { buttonAriaLabel: '' } } } },
    nav: [
      { text: 'Guides', link: '/getting-started' },
      { text: 'Playground', link: '/playground' },
      { text: 'Reference', link: '/reference/index.html', target: '_self' },
      { text: `v${manifest.version}`, link: `${repository}/blob/main/CHANGELOG.md` },
    ],
    sidebar: sidebar(),
    socialLinks: [{ icon: 'github', link: repository }],
    outline: [2, 3],
  },
  vite: {
    publicDir: fileURLToPath(new URL('../public', import.meta.url)),
    resolve: {
      alias: [
        { find: /^sluice$/, replacement: join(entries, 'index.js') },
        { find: /^sluice\/([\w-]+)$/, replacement: join(entries, '$1.js') },
      ],
    },
    worker: { format: 'es' },
    build: { chunkSizeWarningLimit: 1_500 },
  },
  buildEnd: ({ outDir }) => copyReference(join(docs, 'reference/html'), join(outDir, 'reference')),
})
