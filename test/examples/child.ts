/**
 * The examples as processes of their own, as a user starts them.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  readonly #folder: string
  /** What it has printed so far. */
  output = ''
  errors = ''
  readonly #ended: Promise<unknown[]>

  constructor(command: string, parameters: readonly string[], environment: Environment, own = {}) {
    // What an example keeps, it keeps for itself.
    this.#folder = mkdtempSync(join(tmpdir(), 'sluice-example-'))
    const env = { ...process.env, ...unset, DATA_DIR: this.#folder, ...environment }
    this.process = spawn(command, parameters, { cwd: root, env, ...own })
    const { stdout, stderr } = this.process
    // 'close' comes after the last output, 'exit' does not.
    this.#ended = once(this.process, 'close')
    stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text
    })
    stderr.setEncoding('utf8').on('data', (text: string) => {
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
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Undefined takes a variable away. */
type Environment = Record<string, string | undefined>

/** An example without npm in between, for signals and exit codes. */
export class Example extends Child {
  constructor(
    file: string,
    environment: Record<string, string> = {},
    parameters: readonly string[] = [],
  ) {
    super(process.execPath, [`examples/${file}`, ...parameters], environment)
  }
}

/** A line as it is typed into a shell in the root of the repository. */
export class Line extends Child {
  constructor(line: string, environment: Environment = {}) {
    // A group of its own, so that what the line has started can be ended with it.
    super('/bin/sh', ['-c', line], environment, { detached: true })
  }

  protected override kill(): void {
    try {
      process.kill(-(this.process.pid as number), 'SIGKILL')
    } catch {
      // All of it has ended.
    }
  }
}
