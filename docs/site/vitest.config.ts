/**
 * Tests of the built site in Chromium: `npm --prefix docs/site ci && npm --prefix docs/site run build && npm
 * --prefix docs/site test`.
 */

import { defineConfig } from 'vitest/config'
import others from '../../vitest.config.ts'

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  resolve: others.resolve ?? {},
  test: {
    include: ['docs/site/test/*.test.ts'],
    // Most of a test is waiting: for a retry, a timeout or a lease.
    sequence: { concurrent: true },
    maxConcurrency: 4,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
})
