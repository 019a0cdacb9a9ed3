import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (entry: string): string =>
  fileURLToPath(new URL(`./src/entries/${entry}.ts`, import.meta.url))

export default defineConfig({
  resolve: {
    // Tests of the examples run on the source; those that start a process run on the build.
    alias: [
      { find: /^sluice$/, replacement: source('index') },
      { find: /^sluice\/([\w-]+)$/, replacement: source('$1') },
    ],
  },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    globalSetup: ['test/support/build.ts'],
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'] },
    testTimeout: 10_000,
  },
})
