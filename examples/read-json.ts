/**
 * Reads the JSON body of a request that nobody trusts. A body that is too large is never in memory
 * as a whole, whether the request names its length or not.
 */

import { StreamError, type StreamErrorCode } from 'sluice'

export interface ReadJsonOptions {
  /** @default 1_000_000 */
  maxBytes?: number
  /**
   * The longest wait for the whole body, in milliseconds.
   * @default 30_000
   */
  timeoutMs?: number
}

/** The deepest nesting of arrays and objects. */
const maxDepth = 100

/** The most values. A parsed `{}` takes twenty times the memory of its text. */
const maxValues = 100_000

/**
 * @returns undefined for an empty body
 * @throws StreamError with the status for the client: 400, 408 or 413
 */
export async function readJson(request: Request, options: ReadJsonOptions = {}): Promise<unknown> {
  const { maxBytes = 1_000_000, timeoutMs = 30_000 } = options
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes)
  const text = await readText(request, maxBytes, timeoutMs)
  if (text === '') return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw refusal(400, 'The body is not JSON.')
  }
  refusePrototypes(json)
  return json
}

async function readText(request: Request, maxBytes: number, timeoutMs: number): Promise<string> {
  const reader = request.body?.getReader()
  if (reader === undefined) return ''
  const { promise: late, reject } = Promise.withResolvers<never>()
  const words = `The body did not arrive within ${timeoutMs} ms.`
  const timer = setTimeout(() => reject(refusal(408, words, 'timeout')), timeoutMs)
  const text = new Text()
  try {
    for (let size = 0; ; ) {
      const { done, value } = await Promise.race([reader.read(), late])
      if (done) return text.end()
      size += value.length
      if (size > maxBytes) throw tooLarge(maxBytes)
      text.add(value)
    }
  } catch (error) {
    void reader.cancel().catch(() => {})
    throw StreamError.is(error) ? error : refusal(400, 'The body broke off.')
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Decodes UTF-8. Once the body is refused, the rest is read and dropped: a connection whose request
 * was not read to its end cannot be used again.
 */
class Text {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  readonly #structure = new Structure()
  #text = ''
  #refusal: StreamError | undefined

  add(bytes: Uint8Array): void {
    if (this.#refusal !== undefined) return
    try {
      this.#structure.add(bytes)
      this.#text += this.#decoder.decode(bytes, { stream: true })
    } catch (error) {
      this.#refusal = StreamError.is(error) ? error : notUtf8()
      this.#text = ''
    }
  }

  end(): string {
    if (this.#refusal !== undefined) throw this.#refusal
    try {
      return this.#text + this.#decoder.decode()
    } catch {
      throw notUtf8()
    }
  }
}

/** Counts the values of JSON before it is parsed. */
class Structure {
  #values = 1
  #depth = 0
  #isString = false
  #isEscaped = false

  /** @throws StreamError for JSON with too many values or levels */
  add(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (byte === quote) this.#isString = !this.#isString
      else if (this.#isString) this.#isEscaped = byte === backslash
      else if (byte === comma) this.#values++
      else if (openings.includes(byte)) {
        this.#values++
        this.#depth++
      } else if (closings.includes(byte)) this.#depth--
      else continue
      if (this.#values > maxValues)
        throw refusal(400, `The body has more than ${maxValues} values.`)
      if (this.#depth <= maxDepth) continue
      throw refusal(400, `The body is nested deeper than ${maxDepth} levels.`)
    }
  }
}

const [quote, backslash, comma] = new TextEncoder().encode('"\\,')
const openings = new TextEncoder().encode('[{')
const closings = new TextEncoder().encode(']}')

/** Assigned to another object, the key would become that one's prototype. */
function refusePrototypes(json: unknown): void {
  if (typeof json !== 'object' || json === null) return
  if (Object.hasOwn(json, '__proto__')) throw refusal(400, 'The body has the key "__proto__".')
  for (const value of Object.values(json)) refusePrototypes(value)
}

function notUtf8(): StreamError {
  return refusal(400, 'The body is not UTF-8.')
}

function tooLarge(maxBytes: number): StreamError {
  return refusal(413, `The body is larger than ${maxBytes} bytes.`)
}

function refusal(
  status: number,
  message: string,
  code: StreamErrorCode = 'invalid-request',
): StreamError {
  return new StreamError(code, message, { status, publicMessage: message, retryable: false })
}
