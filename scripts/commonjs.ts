/**
 * Makes CommonJS of the modules that the bundler has made, file by file, so that both formats are cut in the same way. The bundler's
 * own CommonJS takes optional chaining apart, into a closure and an array each time, also where every event passes, and requires
 * what can only be imported.
 */

import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Packages that are ES modules only. Any other is required, since Jest and its kind know no `import()` in CommonJS. */
const modulesOnly = ['jsonriver']

const { outputFiles } = await build({
  entryPoints: [`${root}dist/*.js`],
  outdir: `${root}dist`,
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  target: 'node22',
  platform: 'node',
  supported: { 'dynamic-import': false },
  sourcemap: true,
  sourcesContent: false,
  write: false,
})
for (const { path, text } of outputFiles) {
  await writeFile(path, path.endsWith('.map') ? text : linked(text))
}
for (const name of modulesOnly) {
  if (!outputFiles.some(({ text }) => linked(text).includes(`import("${name}")`))) {
    throw new Error(`${name} is imported nowhere in the CommonJS files.`)
  }
}

function linked(code: string): string {
  let text = code
    .replaceAll(/require\("(\.\/[^"]+)\.js"\)/g, 'require("$1.cjs")')
    // The default export of a required ES module (p-retry) is its `default`, and not all of it, as esbuild takes it for Node.
    .replaceAll(/__toESM\((require\("[^"]+"\)), 1\)/g, '__toESM($1)')
  for (const name of modulesOnly) {
    const required = `Promise.resolve().then(() => __toESM(require("${name}")))`
    text = text.replaceAll(required, `import("${name}")`)
  }
  return text
}
