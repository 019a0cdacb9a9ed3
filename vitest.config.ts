import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A rejection that nobody handled is a failure of the test run, whatever the tests say.
    dangerouslyIgnoreUnhandledErrors: false,
    testTimeout: 10_000,
  },
})
