import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (entry: string): string =>
  fileURLToPath(new URL(`./src/entries/${entry}.ts`, import.meta.url))

/** Tests that start processes on `dist`, pack it, or serve the page of the chat server. */
const onTheBuild = [
  'test/cost.test.ts',
  'test/docs/docs.test.ts',
  'test/docs/getting-started.test.ts',
  'test/examples/**/*.test.ts',
  'test/package/**/*.test.ts',
  'test/**/process.test.ts',
  'test/**/processes.test.ts',
]

/** Sockets that an earlier file has left would set their timers on the fake clock, and a document makes SDKs believe in a browser. */
const alone = globSync('test/**/*.test.{ts,tsx}').filter((file) =>
  /useFakeTimers|@vitest-environment|support\/dom/.test(readFileSync(file, 'utf8')),
)

export default defineConfig({
  resolve: {
    // Modules in the test process come from the source, whatever the project.
    alias: [
      { find: /^sluice$/, replacement: source('index') },
      { find: /^sluice\/([\w-]+)$/, replacement: source('$1') },
    ],
  },
  test: {
    testTimeout: 10_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...onTheBuild, ...alone],
          // A worker keeps its modules from file to file: importing them costs more than most tests.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'unit-alone',
          include: alone,
          exclude: onTheBuild,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'built',
          include: onTheBuild,
          globalSetup: ['scripts/fresh.ts'],
          // These wait for their processes most of the time.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: { enabled: true, only: true, include: ['test/**/*.test-d.ts'] },
        },
      },
    ],
  },
})
