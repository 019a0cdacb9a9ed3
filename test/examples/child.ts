/**
 * The examples as processes of their own, as a user starts them.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Set in the shell of whoever runs the tests, these would make the examples talk to real providers, or to a Redis. */
const unset = {
  OPENAI_API_KEY: '',
  OPENAI_BASE_URL: undefined,
  ANTHROPIC_API_KEY: '',
  ANTHROPIC_BASE_URL: undefined,
  REDIS_URL: undefined,
  DATABASE_URL: undefined,
  GEMINI_API_KEY: '',
  GEMINI_BASE_URL: undefined,
  OPENAI_API: undefined,
}

class Child implements AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams
  /** What it has printed so far. */
  output = ''
  errors = ''
  readonly #ended: Promise<unknown[]>

  constructor(process: ChildProcessWithoutNullStreams) {
    this.process = process
    // 'close' comes after the last output, 'exit' does not.
    this.#ended = once(process, 'close')
    process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text
    })
    process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text
    })
  }

  /** Reads on until it prints this. */
  async prints(pattern: RegExp): Promise<RegExpMatchArray> {
    const ended = this.#ended.then(() => true)
    for (;;) {
      const match = this.output.match(pattern)
      if (match) return match
      const over = await Promise.race([ended, once(this.process.stdout, 'data').then(() => false)])
      if (over && !pattern.test(this.output)) {
        throw new Error(`It ended without printing ${pattern}: ${this.output}${this.errors}`)
      }
    }
  }

  /** The exit code, or the signal that ended it. */
  async ended(): Promise<unknown> {
    const [code, signal] = await this.#ended
    return code ?? signal
  }

  protected kill(): void {
    this.process.kill('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill()
    await this.#ended
  }
}

/** Undefined takes a variable away. */
type Environment = Record<string, string | undefined>

const optionsWith = (environment: Environment) => ({
  cwd: root,
  env: { ...process.env, ...unset, ...environment },
})

/** An example without npm in between, for signals and exit codes. */
export class Example extends Child {
  constructor(
    file: string,
    environment: Record<string, string> = {},
    parameters: readonly string[] = [],
  ) {
    super(spawn(process.execPath, [`examples/${file}`, ...parameters], optionsWith(environment)))
  }
}

/** A line as it is typed into a shell in the root of the repository. */
export class Line extends Child {
  constructor(line: string, environment: Environment = {}) {
    // A group of its own, so that what the line has started can be ended with it.
    super(spawn('/bin/sh', ['-c', line], { ...optionsWith(environment), detached: true }))
  }

  protected override kill(): void {
    try {
      process.kill(-(this.process.pid as number), 'SIGKILL')
    } catch {
      // All of it has ended.
    }
  }
}
