/** The script of all pages: `/react`, `/vue`, `/svelte` and `/solid`. */

import type { ChatOptions } from 'sluice/client'

const options: ChatOptions = {
  url: '/ai',
  // A reload follows the answer in progress, and Stop ends it on the server.
  keep: 'frameworks',
  streamUrl: (key) => `/ai/${key}`,
  body: (messages, { key }) => ({ key, messages }),
}
const pages = {
  react: () => import('./react.tsx'),
  vue: () => import('./vue.ts'),
  svelte: () => import('./svelte.ts'),
  solid: () => import('./solid.ts'),
}
const name = location.pathname.slice(1) as keyof typeof pages
const { mount } = await (pages[name] ?? pages.react)()
mount(options, document.querySelector('#root') as Element)
