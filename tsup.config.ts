import { defineConfig } from 'tsup'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/openai.ts',
    'src/anthropic.ts',
    'src/compatible.ts',
    'src/formats.ts',
    'src/gemini.ts',
    'src/client.ts',
    'src/node.ts',
    'src/react.ts',
    'src/partial-json.ts',
    'src/resumable.ts',
    'src/driver.ts',
    'src/otel.ts',
    'src/testing.ts',
    'src/conversation.ts',
    'src/redis.ts',
  ],
  // CommonJS is made of it by scripts/commonjs.ts.
  format: ['esm'],
  target: 'node22',
  platform: 'neutral',
  splitting: true,
  sourcemap: true,
  // The maps lead to the source, which the package holds once.
  esbuildOptions(options) {
    options.sourcesContent = false
  },
  clean: true,
  // tsc writes the declarations: the bundler's own need a compiler API that TypeScript 7 does not have.
  dts: false,
  external: [/^node:/],
  // Deno and workers know the modules of Node by their whole names only.
  removeNodeProtocol: false,
})
