/**
 * Reads the content of an answer, from its deltas.
 *
 * @module
 */

import type { FileContent } from '../../base/content-kinds.js'
import { failureOf } from '../../base/errors.js'
import type { ContentEvent } from '../../base/events.js'
import { compact, isRecord, type Json, recordsOf, textOf } from '../../base/read-json.js'
import { makerOf, originOf, sign } from '../signature.js'
import { AudioAnswer } from './audio.js'
import { Sources } from './citations.js'
import { readDetail, reasoningTextOf, toDetails } from './reasoning.js'
import { blockContent, isServerCall, ServerCalls } from './server-calls.js'
import { ToolCalls } from './tool-calls.js'

/**
 * How much is kept until the end, in characters: audio, and calls of the server's own tools. It
 * holds 17 minutes of `pcm16`.
 */
const maxKept = 64 * 1024 * 1024

export class DeltaReader {
  readonly #provider: string
  readonly #audioType: string
  #toolCalls: ToolCalls | undefined
  #serverCalls: ServerCalls | undefined
  #audio: AudioAnswer | undefined
  /** What GitHub Copilot sends beside the text of reasoning, and wants back with it. */
  #opaque: Json | undefined
  #opaqueIndex = 0
  #kept = 0
  readonly #sources = new Sources()
  /** The number of content blocks so far. */
  blocks = 0
  /** The model that answers. */
  model: string | undefined
  refused = false
  /** The kind of the block that receives text or reasoning. */
  #open: 'text' | 'reasoning' | undefined
  #openIndex = 0
  #isOver = false
  /** Whether something was kept that has not been appended. */
  #isBehind = false

  constructor(provider: string, audioType = 'audio/pcm;rate=24000') {
    this.#provider = provider
    this.#audioType = audioType
  }

  /** Whether a call waits for its result. */
  get waits(): boolean {
    return this.#toolCalls?.any ?? false
  }

  read(delta: Json, length: number, out: ContentEvent[]): void {
    const reasoning = reasoningTextOf(delta)
    if (reasoning !== undefined) this.#reasoning(reasoning, undefined, out)
    if (delta.reasoning_details !== undefined) {
      this.#reasoningDetails(delta.reasoning_details, reasoning !== undefined, out)
    } else if (delta.thinking_blocks !== undefined) {
      this.#reasoningDetails(toDetails(delta.thinking_blocks), reasoning !== undefined, out)
    }
    if (delta.reasoning_opaque || delta.cot_id) this.#keepOpaque(delta, length)
    const { content } = delta
    if (typeof content === 'string') this.#text(content, out)
    else for (const part of recordsOf(content)) this.#contentPart(part, out)
    if (delta.refusal) this.#refusal(delta.refusal, out)
    if (delta.tool_calls || delta.function_call) this.#calls(delta, length, out)
    if (delta.images) for (const image of recordsOf(delta.images)) this.#image(image, out)
    if (delta.annotations) this.#cite(this.#sources.annotations(delta.annotations), out)
    if (isRecord(delta.audio)) this.#speech(delta.audio, length, out)
  }

  /** Reads the lists of sources beside the choices. */
  citeLists(chunk: Json, out: ContentEvent[]): void {
    this.#cite(this.#sources.lists(chunk), out)
  }

  /**
   * Appends what is known at the end only.
   *
   * @param last - nothing follows. Some servers repeat the finish reason with every chunk; what
   *   comes whole is appended at the first and at the last end only
   */
  finish(out: ContentEvent[], last: boolean): void {
    for (const event of this.#toolCalls?.finish() ?? []) out.push(event)
    const isFirst = !this.#isOver
    this.#isOver = true
    if (!this.#isBehind || !(isFirst || last)) return
    this.#isBehind = false
    this.#serverCalls?.finish(this.#origin, out)
    if (this.#opaque !== undefined) {
      const signature = sign('openai-chat', makerOf(this.model), JSON.stringify(this.#opaque))
      out.push({
        type: 'content',
        index: this.#opaqueIndex,
        kind: 'reasoning',
        text: '',
        signature,
      })
    }
    this.#finishAudio(out)
  }

  /** @throws StreamError `protocol` if too much is kept */
  #keep(length: number): void {
    this.#isBehind = true
    this.#kept += length
    if (this.#kept <= maxKept) return
    const what = `more than ${maxKept} characters came of audio or of calls of its own tools.`
    throw failureOf(this.#provider, 'protocol', what)
  }

  /** Adds text or reasoning of a delta that holds nothing else. */
  add(kind: 'text' | 'reasoning', text: string, out: ContentEvent[]): void {
    if (kind === 'text') this.#text(text, out)
    else if (text !== '') this.#reasoning(text, undefined, out)
  }

  #text(text: string, out: ContentEvent[]): void {
    if (text === '') return
    if (this.#open !== 'text') this.#begin('text')
    out.push({ type: 'content', index: this.#openIndex, kind: 'text', text })
  }

  #reasoning(text: string, signature: string | undefined, out: ContentEvent[]): void {
    if (this.#open !== 'reasoning') this.#begin('reasoning')
    const index = this.#openIndex
    if (signature === undefined) out.push({ type: 'content', index, kind: 'reasoning', text })
    else out.push({ type: 'content', index, kind: 'reasoning', text, signature })
  }

  #begin(kind: 'text' | 'reasoning' | undefined): number {
    this.#open = kind
    this.#openIndex = this.blocks++
    return this.#openIndex
  }

  /** The server's own tools are unknown to other servers, even those of the same model. */
  get #origin(): string {
    return originOf('openai-chat', makerOf(this.model) ?? this.#provider)
  }

  /** OpenRouter's form, and Snowflake's only one. Alongside `reasoning` it repeats the text. */
  #reasoningDetails(details: unknown, textKnown: boolean, out: ContentEvent[]): void {
    for (const detail of recordsOf(details)) {
      const { text, signature, redacted } = readDetail(detail, this.model)
      if (redacted) {
        const index = this.#begin(undefined)
        const part = { text, redacted, ...compact({ signature }) }
        out.push({ type: 'content', index, kind: 'reasoning', ...part })
      } else if (signature !== undefined || (text !== '' && !textKnown)) {
        this.#reasoning(textKnown ? '' : text, signature, out)
      }
    }
  }

  #keepOpaque({ reasoning_opaque: more, cot_id: id }: Json, length: number): void {
    this.#keep(length)
    if (this.#opaque === undefined) {
      // Without text it has a block of its own, which does not interrupt the text.
      this.#opaqueIndex = this.#open === 'reasoning' ? this.#openIndex : this.blocks++
    }
    const { reasoning_opaque: before = '', cot_id: known } = this.#opaque ?? {}
    // Calls in parallel divide it.
    const opaque = textOf(`${before as string}${textOf(more) ?? ''}`)
    this.#opaque = compact({ reasoning_opaque: opaque, cot_id: textOf(id) ?? known })
  }

  /** Mistral sends content as parts when a model reasons, and when the server's tools were used. */
  #contentPart(part: Json, out: ContentEvent[]): void {
    const { type } = part
    if (type === 'thinking' || type === 'reasoning') {
      const thinking = part[type] ?? part.text
      const texts = typeof thinking === 'string' ? [{ text: thinking }] : recordsOf(thinking)
      for (const { text } of texts) {
        if (textOf(text) !== undefined) this.#reasoning(text as string, undefined, out)
      }
    } else if (type === 'refusal') this.#refusal(part.refusal, out)
    else if (this.#image(part, out)) return
    else if (typeof type !== 'string' || /(^|text)$/.test(type)) {
      if (typeof part.text === 'string') this.#text(part.text, out)
    } else out.push(blockContent(this.#begin(undefined), this.#origin, part))
  }

  #refusal(refusal: unknown, out: ContentEvent[]): void {
    const text = textOf(refusal)
    if (text === undefined) return
    this.refused = true
    this.#text(text, out)
  }

  #calls(delta: Json, length: number, out: ContentEvent[]): void {
    const { tool_calls: list } = delta
    const calls = isRecord(list) ? [list] : recordsOf(list)
    if (isRecord(delta.function_call)) calls.push({ index: 0, function: delta.function_call })
    for (const call of calls) {
      if (isServerCall(call)) {
        this.#serverCalls ??= new ServerCalls(() => this.#begin(undefined))
      }
      if (this.#serverCalls?.add(call, this.#origin, this.#isOver, out)) {
        this.#keep(length)
        continue
      }
      this.#toolCalls ??= new ToolCalls(() => this.#begin(undefined))
      const event = this.#toolCalls.add(call)
      if (event !== undefined) out.push(event)
    }
  }

  /** @returns whether the image is one with its data */
  #image(image: Json, out: ContentEvent[]): boolean {
    const url = isRecord(image.image_url) ? textOf(image.image_url.url) : undefined
    const match = url === undefined ? null : /^data:([^;,]+);base64,(.*)$/s.exec(url)
    if (match === null) return false
    const [, mediaType = '', data = ''] = match
    out.push(fileContent(this.#begin(undefined), mediaType, data))
    return true
  }

  #cite(sources: ReturnType<Sources['lists']>, out: ContentEvent[]): void {
    for (const source of sources) {
      // A source does not interrupt the text.
      out.push({ type: 'content', index: this.blocks++, kind: 'source', ...source })
    }
  }

  #speech(audio: Json, length: number, out: ContentEvent[]): void {
    this.#keep(length)
    this.#audio ??= new AudioAnswer()
    this.#audio.add(audio)
    const transcript = textOf(audio.transcript)
    if (transcript === undefined) return
    this.#text(transcript, out)
    this.#audio.textIndex = this.#openIndex
  }

  #finishAudio(out: ContentEvent[]): void {
    const audio = this.#audio
    if (audio === undefined) return
    const signature = audio.signature(makerOf(this.model))
    if (signature !== undefined) {
      const index = (audio.textIndex ??= this.blocks++)
      out.push({ type: 'content', index, kind: 'text', text: '', signature })
    }
    const { data } = audio
    if (data === '') return
    audio.fileIndex ??= this.blocks++
    out.push(fileContent(audio.fileIndex, this.#audioType, data))
  }
}

function fileContent(index: number, mediaType: string, data: string): FileContent {
  return { type: 'content', index, kind: 'file', mediaType, data }
}
