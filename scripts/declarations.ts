/**
 * Keeps the declarations that an entry leads to, and gives each a twin for CommonJS: `x.d.ts` as `x.d.cts`, with its relative
 * imports changed in the same way.
 */

import { readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import packageJson from '../package.json' with { type: 'json' }

const folder = fileURLToPath(new URL('../dist/', import.meta.url))
const specifiers = /(from |import\(|import )(['"])(\.[^'"]*)\.js\2/g

const texts = new Map<string, string>()
const queue = Object.values(packageJson.exports).flatMap((entry) =>
  typeof entry === 'string' ? [] : [join(folder, '..', entry.import.types)],
)
for (const path of queue) {
  if (texts.has(path)) continue
  const text = await readFile(path, 'utf8')
  texts.set(path, text)
  for (const [, , , to = ''] of text.matchAll(specifiers)) {
    queue.push(join(dirname(path), `${to}.d.ts`))
  }
}

for (const [path, text] of texts) {
  const twin = text.replaceAll(specifiers, '$1$2$3.cjs$2')
  await writeFile(path.replace(/\.d\.ts$/, '.d.cts'), twin)
}

const names = await readdir(folder, { recursive: true })
for (const name of names) {
  const path = join(folder, name)
  if (name.endsWith('.d.ts') && !texts.has(path)) await rm(path)
}
// Folders whose declarations are all inner ones, from the deepest on.
for (const name of names.toSorted().toReversed()) {
  if (!name.includes('.')) await rmdir(join(folder, name)).catch(() => {})
}
