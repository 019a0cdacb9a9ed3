/**
 * The list of conversations on the chat page.
 */

import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { browserNote, browserPresent, launchBrowser } from '../../support/browser.ts'
import type { Sockets } from '../sockets.ts'
import { ChatPage, phone } from './chat-page.ts'
import { serveChat } from './serve-chat.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describe.skipIf(!browserPresent)(`the list of the chat page${browserNote}`, () => {
  let browser: Browser
  let server: Sockets

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  beforeEach(async () => {
    server = await serveChat('Yes.')
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const titles = async (chat: ChatPage): Promise<string[]> =>
    chat.page.getByRole('navigation', { name: 'Chats' }).locator('.title').allInnerTexts()

  test('chats are listed with their titles, the newest first, and open with a click', async () => {
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('About cats')
    await chat.button('New chat').click()
    await chat.ask('About dogs')
    await expect.poll(() => titles(chat)).toEqual(['About dogs', 'About cats'])
    await chat.page.getByRole('heading', { name: 'About dogs', level: 1 }).waitFor()
    await chat.check('list')
    await chat.button(/^About cats/).click()
    await chat.questions.getByText('About cats').waitFor()
    expect(await chat.page.title()).toBe('About cats – Chat')
    // Another browser has its own.
    await using other = await ChatPage.open(browser, server.url)
    await other.page.getByText('Your chats will be listed here.').waitFor()
    expect(await titles(other)).toEqual([])
  })

  test('a chat is renamed, also for the next visit', async () => {
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('About cats')
    await chat.button(/^About cats/).hover()
    await chat.button('Rename About cats').click()
    expect(await chat.focused()).toBe('Title of the chat')
    await chat.check('rename')
    await chat.page.keyboard.type('Felines')
    await chat.page.keyboard.press('Enter')
    await expect.poll(() => titles(chat)).toEqual(['Felines'])
    await chat.page.reload()
    await expect.poll(() => titles(chat)).toEqual(['Felines'])
    await chat.button(/^Felines/).hover()
    await chat.button('Rename Felines').click()
    await chat.page.keyboard.press('Escape')
    expect(await titles(chat)).toEqual(['Felines'])
  })

  test('a chat is deleted after a question', async () => {
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('About cats')
    await chat.button(/^About cats/).hover()
    await chat.button('Delete About cats').click()
    await chat.check('delete')
    await chat.button('Keep').click()
    expect(await titles(chat)).toEqual(['About cats'])
    await chat.button(/^About cats/).hover()
    await chat.button('Delete About cats').click()
    await chat.button('Delete').click()
    await chat.page.getByText('Your chats will be listed here.').waitFor()
    expect(await chat.questions.count()).toBe(0)
    expect(await chat.focused()).toBe('Message')
    await chat.page.reload()
    await chat.page.getByText('Your chats will be listed here.').waitFor()
  })

  test('on a phone, the list is a drawer', async () => {
    await using chat = await ChatPage.open(browser, server.url, phone)
    await chat.ask('About cats')
    await chat.button('New chat').click()
    await chat.ask('About dogs')
    await chat.button('Open the chats').click()
    const drawer = chat.page.getByRole('dialog', { name: 'Chats' })
    await drawer.waitFor()
    await expect.poll(() => titles(chat)).toEqual(['About dogs', 'About cats'])
    await chat.check('drawer')
    await chat.page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
    expect(await chat.focused()).toBe('Open the chats')
    await chat.button('Open the chats').click()
    await drawer.getByRole('button', { name: /^About cats/ }).click()
    await chat.questions.getByText('About cats').waitFor()
    expect(await drawer.isVisible()).toBe(false)
  })

  test('a chat that cannot be loaded can be tried again', async () => {
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('About cats')
    await chat.page.route('**/api/conversations/*', (route) => route.abort())
    await chat.page.reload()
    await chat.page.getByRole('alert').filter({ hasText: 'cannot be loaded' }).waitFor()
    await chat.check('not-loaded')
    await chat.page.unroute('**/api/conversations/*')
    await chat.button('Try again').click()
    await chat.questions.getByText('About cats').waitFor()
  })
})
