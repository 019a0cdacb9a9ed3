/**
 * The processes of the deployment: instances of the chat server, and nginx in front of them.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const serverFile = fileURLToPath(new URL('../chat-server/server.ts', import.meta.url))
const configFile = new URL('nginx.conf', import.meta.url)

export class Fleet {
  /** Of nginx. */
  readonly url: string
  readonly #folder: string
  readonly #ports: readonly number[]
  readonly #instances: ChildProcess[] = []
  #proxy: ChildProcess | undefined

  private constructor(folder: string, [front = 0, ...ports]: readonly number[]) {
    this.url = `http://127.0.0.1:${front}`
    this.#folder = folder
    this.#ports = ports
  }

  /** Two instances on one SQLite file, or on what REDIS_URL or DATABASE_URL names. */
  static async start(): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'deploy-'))
    const ports = [await freePort(), await freePort(), await freePort()]
    const fleet = new Fleet(folder, ports)
    await Promise.all([fleet.#startInstance(0), fleet.#startInstance(1)])
    await fleet.#startProxy(ports)
    return fleet
  }

  /** Ends an instance as a deploy does, and starts it again. @returns its exit code */
  async restart(number: number): Promise<number | null> {
    const instance = this.#instances[number]
    instance?.kill('SIGTERM')
    const [code] = instance === undefined ? [null] : await once(instance, 'exit')
    await this.#startInstance(number)
    return code as number | null
  }

  async stop(): Promise<void> {
    const running = [...this.#instances, this.#proxy].filter((child) => child?.exitCode === null)
    const ended = running.flatMap((child) => (child === undefined ? [] : [once(child, 'exit')]))
    for (const child of running) child?.kill('SIGTERM')
    await Promise.all(ended)
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #startInstance(number: number): Promise<void> {
    const env = { ...process.env, PORT: String(this.#ports[number]), DATA_DIR: this.#folder }
    const child = spawn(process.execPath, [serverFile], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#instances[number] = child
    let output = ''
    for await (const piece of child.stdout) {
      output += String(piece)
      if (output.includes('Listening on')) break
    }
    if (!output.includes('Listening on')) throw new Error(`The server did not start: ${output}`)
  }

  /** With the ports of this fleet in the file that people copy. */
  async #startProxy(ports: readonly number[]): Promise<void> {
    let config = await readFile(configFile, 'utf8')
    for (const [index, port] of ['8080', '8001', '8002'].entries()) {
      config = config.replace(`127.0.0.1:${port}`, `127.0.0.1:${ports[index]}`)
    }
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${this.#folder}/${name};`)
      .join('\n')
    const whole = `daemon off; master_process off; pid ${this.#folder}/pid;
events {}
http { access_log off; ${temporary}
${config}}`
    const path = join(this.#folder, 'nginx.conf')
    await writeFile(path, whole)
    const options = ['-e', 'stderr', '-p', this.#folder, '-c', path]
    // Debian keeps it where only root looks.
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
    const child = spawn('nginx', options, { env, stdio: ['ignore', 'inherit', 'pipe'] })
    this.#proxy = child
    let complaints = ''
    child.stderr.on('data', (piece) => {
      complaints += String(piece)
    })
    child.on('error', (error) => {
      complaints += `${error.message}. Install it: apt-get install nginx-light`
    })
    for (let attempt = 0; attempt < 50; attempt++) {
      if (
        await fetch(this.url).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return
      await sleep(100)
    }
    throw new Error(`nginx did not start: ${complaints}`)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
