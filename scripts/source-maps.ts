/**
 * The bundler makes CommonJS in two steps, and names the file between them by its place on this machine. In a package it is the file
 * that the map belongs to.
 */

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../dist/', import.meta.url))
for (const name of await readdir(folder)) {
  if (!name.endsWith('.cjs.map')) continue
  const map = JSON.parse(await readFile(folder + name, 'utf8')) as { sources: string[] }
  map.sources = map.sources.map((source) => source.replace(folder, ''))
  await writeFile(folder + name, JSON.stringify(map))
}
