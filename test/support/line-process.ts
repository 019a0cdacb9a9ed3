import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A script of this folder as a process of its own, read by the line. */
export class LineProcess {
  readonly process: ChildProcessWithoutNullStreams
  readonly lines: string[] = []
  errors = ''
  readonly #ended: Promise<void>
  #rest = ''
  #notify = (): void => {}

  constructor(script: string, parameters: object) {
    const path = fileURLToPath(new URL(script, import.meta.url))
    this.process = spawn(process.execPath, [path, JSON.stringify(parameters)])
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (this.#rest + text).split('\n')
      this.#rest = parts.pop() ?? ''
      this.lines.push(...parts)
      this.#notify()
    })
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text
    })
    this.process.stdin.on('error', () => {})
    this.#ended = new Promise((resolve) => {
      this.process.once('close', () => {
        resolve()
        this.#notify()
      })
    })
  }

  /** Waits until a line begins with this, and gives it. */
  async line(beginning: string): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => line.startsWith(beginning))
      if (found !== undefined) return found
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        throw new Error(`It ended without "${beginning}": ${this.lines.join(', ')}\n${this.errors}`)
      }
      await new Promise<void>((resolve) => {
        this.#notify = resolve
      })
    }
  }

  tell(line: string): void {
    this.process.stdin.write(`${line}\n`)
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.#ended
  }

  async ended(): Promise<number | null> {
    await this.#ended
    return this.process.exitCode
  }
}
