/**
 * Builds the package and the page of the chat server once before the tests: some of them start processes, and these run on the build.
 */

import { execFileSync } from 'node:child_process'

export default function setup(): void {
  for (const script of ['build', 'build:page']) {
    execFileSync('npm', ['run', '--silent', script], { stdio: ['ignore', 'ignore', 'inherit'] })
  }
}
