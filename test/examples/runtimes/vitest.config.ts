/**
 * The examples that need a runtime or an install of their own. They build the package, so nothing else may run beside them:
 * `npm --prefix test/runtimes ci && npm exec -- vitest run --config test/examples/runtimes/vitest.config.ts`.
 */

import { defineConfig } from 'vitest/config'
import others from '../../../vitest.config.ts'

export default defineConfig({
  resolve: others.resolve ?? {},
  test: {
    include: ['test/examples/runtimes/*.check.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 100_000,
  },
})
