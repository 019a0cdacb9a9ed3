/**
 * A response whose Web stream is made when somebody wants it.
 *
 * @module
 */

import { type BodyReader, takeBody } from '../http/body-reader.js'

/** The facts of a response, without its body. */
export interface ResponseHead {
  url: string
  redirected: boolean
  status: number
  statusText: string
  headers: Headers
}

/** @param reader - null for a response without a body */
export function createResponse(reader: BodyReader | null, head: ResponseHead): Response {
  return new NodeResponse(reader, head)
}

class NodeResponse extends Response {
  readonly #head: ResponseHead
  readonly #reader: BodyReader | null
  /** Whether it is read by callback. */
  #isTaken = false
  /** Whether a clone reads it, too. */
  #isShared = false
  /** The response with a Web stream. */
  #made: Response | undefined

  constructor(reader: BodyReader | null, head: ResponseHead) {
    const { status, statusText, headers } = head
    super(null, { status, statusText, headers })
    this.#head = head
    this.#reader = reader
  }

  /** A Web stream that was only looked at is locked: the Anthropic SDK (1.12) looks at each one. */
  [takeBody](): BodyReader | null | undefined {
    if (this.#isTaken) throw new TypeError('Body is unusable: Body has already been read')
    if (this.#isShared || this.#made?.bodyUsed || this.#made?.body?.locked) return undefined
    this.#made?.body?.getReader()
    this.#isTaken = this.#reader !== null
    return this.#reader
  }

  override get type(): ResponseType {
    return 'basic'
  }

  override get url(): string {
    return this.#head.url
  }

  override get redirected(): boolean {
    return this.#head.redirected
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#reader === null ? null : this.#real().body
  }

  override get bodyUsed(): boolean {
    return this.#isTaken || (this.#made?.bodyUsed ?? false)
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#real().arrayBuffer()
  }

  override blob(): Promise<Blob> {
    return this.#real().blob()
  }

  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#real().bytes()
  }

  override formData(): Promise<FormData> {
    return this.#real().formData()
  }

  override json(): Promise<unknown> {
    return this.#real().json()
  }

  override text(): Promise<string> {
    return this.#real().text()
  }

  override clone(): Response {
    const copy = this.#real().clone()
    this.#isShared = true
    const { url, redirected } = this.#head
    return Object.defineProperties(copy, {
      url: { value: url },
      redirected: { value: redirected },
      type: { value: this.type },
    })
  }

  #real(): Response {
    if (this.#made === undefined) {
      const { status, statusText, headers } = this
      const body = this.#reader && webStream(this.#reader)
      this.#made = new Response(body, { status, statusText, headers })
      // Every method refuses a body that was read before.
      if (this.#isTaken) this.#made.body?.getReader()
    }
    return this.#made
  }
}

function webStream(reader: BodyReader): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: 'bytes',
    pull: (controller) =>
      new Promise<void>((resolve, reject) => {
        reader.read((chunk) => {
          // A copy: the chunk may be a part of a larger buffer, which a transfer would take along.
          if (chunk !== undefined) controller.enqueue(new Uint8Array(chunk))
          else {
            controller.close()
            // A pending read into the caller's own buffer ends with this.
            controller.byobRequest?.respond(0)
          }
          resolve()
        }, reject)
      }),
    cancel: () => reader.cancel(),
  })
}
