import { defineConfig } from 'tsup'

// One module for each source file, so that stack traces name files that a reader can find.
export default defineConfig({
  entry: ['src/**/*.ts'],
  bundle: false,
  format: ['esm'],
  target: 'node22',
  platform: 'neutral',
  clean: true,
  // tsc writes the declarations: tsup's own need a compiler API that TypeScript 7 does not have.
  dts: false,
  // Deno and workers resolve Node's modules only with the node: prefix.
  removeNodeProtocol: false,
})
