/**
 * An example that is started by the line of its header, as a new user would, in a fresh shell.
 */

import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Line } from '../child.ts'
import { readHeader } from '../headers.ts'

/** Where Deno and Bun are, which a user of theirs has in the path. */
const runtimes = fileURLToPath(new URL('../../runtimes/node_modules/.bin', import.meta.url))

/** What npm and the tests have set, which a fresh shell would not know. */
const inherited = Object.keys(process.env).filter((name) =>
  /^(npm_|CI$|FORCE_COLOR$|NODE_ENV$|VITEST|TEST$|DEV$|PROD$|MODE$|BASE_URL$|SSR$)/.test(name),
)

const shell = {
  ...Object.fromEntries(inherited.map((name) => [name, undefined])),
  PATH: `${runtimes}${delimiter}${process.env.PATH}`,
  PORT: '0',
  NO_COLOR: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  WRANGLER_SEND_METRICS: 'false',
  // Makes `wrangler dev` take variables from the shell, too, and not from its file alone.
  CLOUDFLARE_INCLUDE_PROCESS_ENV: 'true',
}

export interface Started extends AsyncDisposable {
  /** Without a path. */
  origin: string
  example: Line
}

/**
 * @param listening - what it prints once it listens, with the origin as its group
 * @param skipped - what of the line has been done before
 */
export async function start(
  file: string,
  listening: RegExp,
  environment: Record<string, string> = {},
  skipped: readonly string[] = [],
): Promise<Started> {
  let { line = '' } = readHeader(file)
  for (const part of skipped) {
    if (!line.includes(part)) throw new Error(`There is no "${part}" in: ${line}`)
    line = line.replace(part, '')
  }
  const example = new Line(line, { ...shell, ...environment })
  example.process.stdin.end()
  try {
    const origin = await prints(example, listening)
    return { origin, example, [Symbol.asyncDispose]: () => example[Symbol.asyncDispose]() }
  } catch (error) {
    await example[Symbol.asyncDispose]()
    throw error
  }
}

/** Wherever it says it: Deno's server does so on standard error. */
function prints(example: Line, pattern: RegExp): Promise<string> {
  const said = (): string => example.output + example.errors
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error(`It did not print ${pattern}: ${said()}`))
    // Before the time of a test is over: what a test still waits for is never ended.
    setTimeout(fail, 200_000).unref()
    void example.ended().then(fail)
    for (const stream of [example.process.stdout, example.process.stderr]) {
      stream.on('data', () => {
        const [, found] = said().match(pattern) ?? []
        if (found !== undefined) resolve(found)
      })
    }
  })
}

/** Asks by the `curl` line of the header, with another prompt if one is given. */
export function curl(file: string, origin: string, prompt = 'Hello'): Line {
  const { curl: line = '' } = readHeader(file)
  const command = line
    .replace(/localhost:\d+/, new URL(origin).host)
    .replace('"Hello"', JSON.stringify(prompt))
  if (!command.includes(`"${prompt}"`)) throw new Error(`There is no prompt in: ${line}`)
  return new Line(command)
}
