/**
 * Calls of objects on the other side of a port, with callbacks: what a log and a store need to be
 * shared by two workers.
 */

import { StreamError, type StreamErrorCode } from 'sluice'

type Callable = (...values: never[]) => unknown
type Methods = Record<string, Callable>

interface CallMessage {
  call: number
  /** The id of a function, or the names of an object and its method. */
  of: number | readonly [object: string, method: string]
  values: unknown[]
}
interface ReturnMessage {
  returned: number
  value?: unknown
  failure?: { code?: StreamErrorCode; message: string }
}

export class Channel {
  readonly #port: MessagePort
  readonly #objects = new Map<string, object>()
  readonly #functions = new Map<number, Callable>()
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #count = 0

  constructor(port: MessagePort) {
    this.#port = port
    port.addEventListener('message', ({ data }: MessageEvent<CallMessage | ReturnMessage>) => {
      if ('call' in data) void this.#answer(data)
      else this.#settle(data)
    })
    port.start()
  }

  /** Lets the other side call the methods of an object, before its first message is read. */
  expose(name: string, object: object): void {
    this.#objects.set(name, object)
  }

  /** An object whose methods are those that the other side exposes by this name. */
  remote<Remote>(name: string, methods: readonly (string & keyof Remote)[]): Remote {
    const entries = methods.map((method) => {
      return [method, (...values: unknown[]) => this.#call([name, method], values)] as const
    })
    return Object.fromEntries(entries) as Remote
  }

  #call(of: CallMessage['of'], values: unknown[]): Promise<unknown> {
    const call = ++this.#count
    const pending = Promise.withResolvers<unknown>()
    this.#pending.set(call, pending)
    this.#send({ call, of, values: values.map((value) => this.#pack(value)) })
    return pending.promise
  }

  #send(message: CallMessage | ReturnMessage): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
    this.#port.postMessage(message)
  }

  async #answer({ call, of, values }: CallMessage): Promise<void> {
    try {
      const given = values.map((value) => this.#unpack(value)) as never[]
      const value = await this.#find(of)(...given)
      this.#send({ returned: call, value: this.#pack(value) })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const failure = StreamError.is(error) ? { code: error.code, message } : { message }
      this.#send({ returned: call, failure })
    }
  }

  #find(of: CallMessage['of']): Callable {
    if (typeof of === 'number') return this.#functions.get(of) as Callable
    const [name, method] = of
    const object = this.#objects.get(name) as Methods
    return (...values) => object[method]?.(...values)
  }

  #settle({ returned, value, failure }: ReturnMessage): void {
    const pending = this.#pending.get(returned)
    this.#pending.delete(returned)
    if (failure === undefined) pending?.resolve(this.#unpack(value))
    else pending?.reject(new StreamError(failure.code ?? 'store', failure.message))
  }

  /** Functions become numbers. A signal cannot be sent; nothing here depends on one. */
  #pack(value: unknown): unknown {
    if (typeof value === 'function') {
      const id = ++this.#count
      this.#functions.set(id, value as Callable)
      return { packedFunction: id }
    }
    if (Array.isArray(value)) return value.map((each) => this.#pack(each))
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof AbortSignal) return undefined
    const fields = new Set([...Object.keys(value), ...methodsOf(value)])
    return Object.fromEntries(
      [...fields].map((name) => [name, this.#pack(bound(value as Record<string, unknown>, name))]),
    )
  }

  #unpack(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.#unpack(each))
    if (typeof value !== 'object' || value === null) return value
    if ('packedFunction' in value) {
      const id = value.packedFunction as number
      return (...values: unknown[]) => this.#call(id, values)
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [name, this.#unpack(field)]),
    )
  }
}

/** The methods of a listener may be those of its class. */
function methodsOf(value: object): string[] {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return []
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')
}

function bound(object: Record<string, unknown>, name: string): unknown {
  const value = object[name]
  return typeof value === 'function' ? value.bind(object) : value
}
