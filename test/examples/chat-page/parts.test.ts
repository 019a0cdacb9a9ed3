/**
 * Parts of answers that the simulated model of the server does not send.
 */

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { browserNote, browserPresent, launchBrowser } from '../../support/browser.ts'
import { ChatPage } from './chat-page.ts'
import { serveChat } from './serve-chat.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describe.skipIf(!browserPresent)(`parts of answers on the chat page${browserNote}`, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  test('a tool that fails shows why', async () => {
    const call = { toolCalls: [{ name: 'weather', input: { city: 'Atlantis' } }] }
    await using server = await serveChat([call, 'Nobody knows.'])
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('How is it there?')
    const summary = chat.answers.locator('summary', { hasText: 'Failed' })
    await summary.click()
    await chat.answers.getByText('There is no station in Atlantis.').waitFor()
    await chat.check('tool-failed')
  })

  test('sources are listed once each, and only safe addresses are links', async () => {
    await using server = await serveChat('Yes.')
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('Where from?')
    const content = [
      { type: 'reasoning', text: 'It was long ago.' },
      { type: 'text', text: 'Water scatters light.' },
      { type: 'source', url: 'https://example.com/water', title: 'Water' },
      { type: 'source', url: 'https://example.com/water', title: 'Water' },
      { type: 'source', url: 'https://example.org/' },
      { type: 'source', url: 'javascript:alert(1)', title: 'A trap' },
    ]
    await chat.page.route('**/api/conversations/*', (route) =>
      route.fulfill({ json: { messages: [{ role: 'assistant', id: 'a', content }] } }),
    )
    await chat.page.reload()
    const sources = chat.page.getByRole('region', { name: 'Sources' })
    await sources.waitFor()
    expect(await sources.getByRole('listitem').allInnerTexts()).toEqual([
      'Water',
      'example.org',
      'A trap',
    ])
    expect(await sources.getByRole('link').count()).toBe(2)
    expect(await sources.getByRole('link', { name: 'Water' }).getAttribute('rel')).toContain(
      'noopener',
    )
    expect(await chat.answers.locator('.reasoning summary').innerText()).toBe('Reasoning')
    await chat.check('sources')
  })
})
