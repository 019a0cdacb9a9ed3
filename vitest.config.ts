import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { react18 } from './test/support/react-18.ts'

const root = fileURLToPath(new URL('.', import.meta.url))
const source = (entry: string): string => `${root}src/entries/${entry}.ts`

/** Tests that start slow processes, many of them on `dist`, pack it, or serve the page of the chat server. */
export const onTheBuild = [
  'test/cost.test.ts',
  'test/docs/deploys.test.ts',
  'test/docs/docs.test.ts',
  'test/docs/getting-started.test.ts',
  'test/examples/**/*.test.ts',
  'test/package/**/*.test.ts',
  'test/wires/sdk-types.test.ts',
  'test/**/process.test.ts',
  'test/**/processes.test.ts',
]

/**
 * Tests with a process of their own. Sockets that an earlier file has left would set their timers on the fake clock, a document
 * makes SDKs believe in a browser, and frameworks replace globals.
 */
/** Packages that are linked below `test` bring tests of their own. */
const installed = '**/node_modules/**'

const alone = globSync('test/**/*.test.{ts,tsx}', { cwd: root, exclude: [installed] }).filter(
  (file) =>
    /useFakeTimers|@vitest-environment|support\/dom|servers\/mounts/.test(
      file + readFileSync(root + file, 'utf8'),
    ),
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
    provide: { reactVersion: 19 },
    // What response writers print for developers.
    onConsoleLog: (log) => !log.startsWith('sluice: '),
    // Numbers of workers suit two cores: many tests wait for a server or a process most of their time.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [installed, ...onTheBuild, ...alone],
          // A worker keeps its modules from file to file: importing them costs more than most tests.
          isolate: false,
          setupFiles: ['test/support/unchanged-globals.ts'],
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'unit-alone',
          include: alone,
          exclude: [installed, ...onTheBuild],
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        plugins: [react18()],
        test: {
          name: 'unit-react-18',
          include: ['test/react/*.test.tsx'],
          server: { deps: { inline: [/@testing-library\/react/] } },
          provide: { reactVersion: 18 },
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'built',
          include: onTheBuild,
          exclude: [installed],
          globalSetup: ['scripts/fresh.ts'],
          maxWorkers: 4,
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
