/**
 * What can go wrong with a simulated answer, and how a test asks for it in a request header.
 *
 * @module
 */

import {
  anything,
  integer,
  isInteger,
  record,
  required,
  rule,
  string,
} from '../../base/check-options.js'
import { checkKind, type KindRules } from '../check-kind.js'

/** Added to the response headers, over those that the provider would send. */
interface FaultHeaders {
  headers?: Readonly<Record<string, string>>
}

/** The request is answered with an error status. */
export interface StatusFault extends FaultHeaders {
  kind: 'status'
  /** 400 to 599. */
  status: number
  /** A string goes out as it is, anything else as JSON. @default the provider's own error for that status */
  body?: unknown
}

/** There is no response: the connection is broken off, or `fetch` rejects as it does when nobody listens. */
export interface RefuseFault {
  kind: 'refuse'
}

/** The connection is broken off in the middle of the answer. */
export interface CutFault extends FaultHeaders {
  kind: 'cut'
  /** How many events arrive before that. Beyond the last event it never happens. */
  afterEvents: number
}

/** The body ends cleanly, without the events that would say that the answer is whole. */
export interface EndFault extends FaultHeaders {
  kind: 'end'
  afterEvents: number
}

/** Nothing more arrives, and the connection stays open until the client leaves. */
export interface StallFault extends FaultHeaders {
  kind: 'stall'
  afterEvents: number
}

/** An error arrives inside the stream, which then ends. */
export interface ErrorFault extends FaultHeaders {
  kind: 'error'
  afterEvents: number
  /** The JSON of the error event. @default the provider's own: `server_error`, `overloaded_error` or `UNAVAILABLE` */
  body?: unknown
}

/** The answer is whole, but cut into network chunks without regard for lines and characters. */
export interface SplitFault extends FaultHeaders {
  kind: 'split'
  /** Every chunk but the last has this many bytes. 3 or less cuts every emoji, 1 every character beyond ASCII. */
  chunkBytes: number
}

/** The answer is whole, but its response headers are not the provider's. */
export interface HeadersFault {
  kind: 'headers'
  headers: Readonly<Record<string, string>>
}

/** What goes wrong with an answer. */
export type Fault =
  | StatusFault
  | RefuseFault
  | CutFault
  | EndFault
  | StallFault
  | ErrorFault
  | SplitFault
  | HeadersFault

const headers = { ...record, each: string }
const afterEvents = required(integer)

const rules: KindRules<Fault> = {
  status: {
    status: required(rule('a status from 400 to 599', (value) => isInteger(value, 400, 599))),
    body: anything,
    headers,
  },
  refuse: {},
  cut: { afterEvents, headers },
  end: { afterEvents, headers },
  stall: { afterEvents, headers },
  error: { afterEvents, body: anything, headers },
  split: {
    chunkBytes: required(rule('an integer from 1', (value) => isInteger(value, 1))),
    headers,
  },
  headers: { headers: required(headers) },
}

/** @throws TypeError for a kind that does not exist, or a bad option of one */
export function checkFault(option: string, fault: unknown): void {
  checkKind(option, fault, rules)
}

/** The request header that asks for a fault, see {@link parseFault}. It wins over the fault of an answer. */
export const faultHeader = 'x-simulated-fault'

/** What the header asks for. */
export interface RequestedFault {
  fault: Fault
  /** Only the first request that carries this id is faulty. */
  once: string | undefined
}

/**
 * Reads the request header `x-simulated-fault`:
 *
 * ```
 * value     = fault *( ";" parameter )
 * fault     = "status=" 400-599 | "refuse"
 *           | "cut=" count | "end=" count | "stall=" count | "error=" count    ; after so many events
 *           | "split=" bytes                                                   ; at least 1
 * parameter = "once=" id               ; only the first request that carries this id is faulty
 *           | "retry-after=" seconds   ; a response header
 * ```
 *
 * For example `cut=5`, or `status=429; retry-after=2; once=a1`.
 *
 * @throws TypeError when the value is not of this form
 */
export function parseFault(value: string): RequestedFault {
  const [first = '', ...parameters] = value.split(';').map((part) => part.trim())
  const fault = parseKind(first)
  let once: string | undefined
  for (const parameter of parameters) {
    const [name, text] = pair(parameter)
    if (name === 'once' && text !== '') once = text
    else if (name === 'retry-after' && text !== '' && fault.kind !== 'refuse') {
      fault.headers = { ...fault.headers, 'retry-after': text }
    } else
      throw new TypeError(
        `Unknown parameter "${parameter}" in ${faultHeader}. Allowed: once=<id>, retry-after=<seconds>.`,
      )
  }
  return { fault, once }
}

function parseKind(text: string): Fault {
  const [kind, argument] = pair(text)
  const count = /^\d+$/.test(argument) ? Number(argument) : -1
  if (kind === 'refuse' && argument === '') return { kind }
  if (kind === 'status' && count >= 400 && count <= 599) return { kind, status: count }
  if (kind === 'split' && count >= 1) return { kind, chunkBytes: count }
  if ((kind === 'cut' || kind === 'end' || kind === 'stall' || kind === 'error') && count >= 0) {
    return { kind, afterEvents: count }
  }
  throw new TypeError(
    `Unknown fault "${text}" in ${faultHeader}. Allowed: status=<400-599>, refuse, cut=<n>, end=<n>, stall=<n>, error=<n>, split=<bytes>.`,
  )
}

function pair(text: string): [name: string, value: string] {
  const equals = text.indexOf('=')
  return equals < 0 ? [text, ''] : [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]
}
