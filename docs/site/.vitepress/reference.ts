/**
 * The reference in the site: typedoc's own pages, with a way back.
 */

import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'

const links = { 'getting-started': 'Guides', playground: 'Playground' }

export async function copyReference(from: string, to: string): Promise<void> {
  if (!existsSync(from)) {
    throw new Error(
      'There is no reference. Run: npm --prefix docs/reference ci && npm --prefix docs/reference start',
    )
  }
  await cp(from, to, { recursive: true })
  for (const path of globSync('**/*.html', { cwd: to })) {
    const page = readFileSync(join(to, path), 'utf8')
    const [before, after] = page.split('<div id="tsd-toolbar-links">')
    if (after === undefined) throw new Error(`The toolbar of the reference is not in ${path}.`)
    const up = '../'.repeat(path.split('/').length)
    const anchors = Object.entries(links).map(
      ([name, text]) => `<a href="${up}${name}.html">${text}</a>`,
    )
    writeFileSync(
      join(to, path),
      `${before}<div id="tsd-toolbar-links">${anchors.join('')}${after}`,
    )
  }
}
