/**
 * The pages of `docs/`, in the order of the sidebar.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const docs: string = fileURLToPath(new URL('../../', import.meta.url))

const sections: Record<string, readonly string[]> = {
  Start: ['getting-started', 'providers', 'tools', 'structured-output', 'testing', 'migrating'],
  'When something fails': ['errors', 'retries', 'comparison'],
  'Servers and pages': ['serving', 'client', 'conversations', 'resumable-streams', 'production'],
  Providers: [
    'providers/openai',
    'providers/anthropic',
    'providers/gemini',
    'providers/compatible',
  ],
  More: ['drivers', 'runtimes', 'benchmarks'],
}

interface SidebarGroup {
  text: string
  items: { text: string; link: string }[]
}

/** Pages that no section names are not lost: each folder becomes a section, and the others are under "More". */
export function sidebar(): SidebarGroup[] {
  const named = new Set(Object.values(sections).flat())
  const groups = new Map(Object.entries(sections).map(([name, pages]) => [name, [...pages]]))
  for (const page of pagesIn('')) if (!named.has(page)) groups.get('More')?.push(page)
  for (const folder of folders()) {
    const others = pagesIn(`${folder}/`).filter((page) => !named.has(page))
    if (others.length === 0) continue
    const name = folder.charAt(0).toUpperCase() + folder.slice(1)
    groups.set(name, [...(groups.get(name) ?? []), ...others])
  }
  return [...groups].map(([text, pages]) => ({
    text,
    items: pages.map((page) => ({ text: titleOf(page), link: `/${page}` })),
  }))
}

function pagesIn(folder: string): string[] {
  return readdirSync(docs + folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => folder + name.slice(0, -3))
}

function folders(): string[] {
  return readdirSync(docs, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['reference', 'site'].includes(entry.name))
    .map(({ name }) => name)
}

function titleOf(page: string): string {
  const path = `${docs}${page}.md`
  if (!existsSync(path)) throw new Error(`The sidebar names docs/${page}.md, which does not exist.`)
  const [, title] = /^# (.+)$/m.exec(readFileSync(path, 'utf8')) ?? []
  return title?.replaceAll('`', '') ?? page
}
