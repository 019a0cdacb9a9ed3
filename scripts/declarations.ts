/**
 * Gives every declaration a twin for CommonJS: `x.d.ts` as `x.d.cts`, with its relative imports changed in the same way.
 */

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const folder = new URL('../dist/', import.meta.url).pathname
for (const name of await readdir(folder, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue
  const path = join(folder, name)
  const text = await readFile(path, 'utf8')
  const twin = text
    .replaceAll(/(from|import\()\s*'(\.[^']*)\.js'/g, "$1 '$2.cjs'")
    .replaceAll(/import\( '/g, "import('")
  await writeFile(path.replace(/\.d\.ts$/, '.d.cts'), twin)
}
