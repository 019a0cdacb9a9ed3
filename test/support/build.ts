/**
 * Builds the package once before the tests: some of them start processes, and these run on the build.
 */

import { execFileSync } from 'node:child_process'

export default function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] })
}
