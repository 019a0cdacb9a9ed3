/**
 * The streams of a conversation on a server that keeps them: where they are, and how they end.
 *
 * @module
 */

import { KeptStreams } from './kept-stream.js'
import { sendStop, streamOf } from './open-request.js'
import type { RunningAnswer, Turn } from './running-answer.js'
import type { ChatView } from './view.js'

export class ServerStreams {
  readonly #view: ChatView
  #kept: KeptStreams | undefined
  #stopListening: (() => void) | undefined

  constructor(view: ChatView) {
    this.#view = view
  }

  /** Whether the server may continue an answer whose page was closed. */
  get mayOutlive(): boolean {
    const { onStop, keep, streamUrl } = this.#view.options
    return Boolean(onStop ?? keep ?? streamUrl)
  }

  /** Finds the stream of an earlier page, and those of other tabs. */
  async seek(onStream: (url: string, turn: Turn) => void): Promise<boolean> {
    const kept = this.#streams()
    this.#stopListening = kept?.listen(({ url, ...turn }) => onStream(url, { ...turn, added: [] }))
    const stream = await kept?.read()
    if (stream === undefined) return false
    const { url, ...turn } = stream
    onStream(url, { ...turn, added: [] })
    return true
  }

  leave(): void {
    this.#stopListening?.()
  }

  /** Remembers the stream of an answer. */
  begin(answer: RunningAnswer): void {
    const { turn } = answer
    const { streamUrl } = this.#view.options
    if (turn === undefined || streamUrl === undefined) return
    answer.url = streamUrl(turn.key).toString()
    this.#write(answer.url, turn)
  }

  /** Remembers the address that a response names. */
  receive(answer: RunningAnswer, response: Response): void {
    const { keep, url } = this.#view.options
    if (keep === undefined || answer.url !== undefined) return
    answer.url = streamOf(response, typeof url === 'function' ? response.url : url)
    if (answer.url === undefined || answer.turn === undefined || answer.isStopped) return
    this.#write(answer.url, answer.turn)
  }

  forget(): void {
    this.#streams()?.remove()
  }

  /** @param isAgain - a stop before the response may have come before the request */
  stop({ turn, url }: RunningAnswer, isAgain = false): void {
    const options = this.#view.options
    const { onStop } = options
    if (onStop === undefined) {
      if (url !== undefined) void sendStop(options, url).catch(() => {})
    } else if (!isAgain || options.streamUrl === undefined) onStop({ key: turn?.key, url })
  }

  #write(url: string, { action, key, messageId }: Turn): void {
    this.#streams()?.write({ url, action, key, messageId })
  }

  #streams(): KeptStreams | undefined {
    const { keep } = this.#view.options
    return keep === undefined ? undefined : (this.#kept ??= new KeptStreams(keep))
  }
}
