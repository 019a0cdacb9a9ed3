/**
 * The tables that say what the code does, beside the code.
 */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isLocal, presets } from '../../src/drivers/presets.js'
import {
  createStream,
  plainText,
  StreamError,
  type StreamErrorCode,
  toResponse,
} from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'
import { root } from './blocks.js'

/** The cells of the table that begins with this one. */
function table(page: string, first: string): string[][] {
  const text = readFileSync(root + page, 'utf8')
  const start = text.indexOf(`| ${first} |`)
  const [rows = ''] = text.slice(start).split('\n\n')
  return rows
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

const codes: Record<StreamErrorCode, true> = {
  aborted: true,
  timeout: true,
  network: true,
  interrupted: true,
  'rate-limit': true,
  quota: true,
  overloaded: true,
  server: true,
  auth: true,
  permission: true,
  'not-found': true,
  'invalid-request': true,
  'context-length': true,
  'content-filter': true,
  protocol: true,
  retracted: true,
  conflict: true,
  store: true,
  setup: true,
  unknown: true,
}

test('each code of an error has the sentence, the status and the retry that the page says', async () => {
  const rows = table('docs/errors.md', 'code')
  expect(rows.map(([code]) => code)).toEqual(Object.keys(codes).map((code) => `\`${code}\``))
  for (const [name = '', , again, sentence, status] of rows) {
    const error = new StreamError(name.replaceAll('`', '') as StreamErrorCode, 'whole')
    expect(`${name} ${error.toJSON().message}`).toBe(`${name} ${sentence}`)
    expect(`${name} ${error.retryable ? 'yes' : 'no'}`).toBe(`${name} ${again?.split(',')[0]}`)
    const stream = createStream({ driver: scripted([error]), prompt: 'p', retry: false })
    const response = await toResponse(stream, plainText())
    expect(`${name} ${response.status}`).toBe(`${name} ${status}`)
    expect(await response.text()).toBe(`${sentence}\n`)
  }
})

test('the well-known servers are those of the page', () => {
  const rows = table('docs/providers/compatible.md', 'name').map((row) =>
    row.map((cell) => cell.replaceAll('`', '')),
  )
  expect(rows).toEqual(
    Object.entries(presets).map(([name, preset]) => [
      name,
      preset.baseURL,
      isLocal(preset) ? '' : `${name.toUpperCase()}_API_KEY`,
    ]),
  )
})
