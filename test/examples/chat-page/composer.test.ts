/**
 * The form of the chat page: text, images, drafts, keys.
 */

import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { browserNote, browserPresent, launchBrowser } from '../../support/browser.ts'
import type { Sockets } from '../sockets.ts'
import { ChatPage, phone } from './chat-page.ts'
import { serveChat } from './serve-chat.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** One red point. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

const image = (name: string, buffer = png) => ({ name, mimeType: 'image/png', buffer })

describe.skipIf(!browserPresent)(`the form of the chat page${browserNote}`, () => {
  let browser: Browser
  let server: Sockets

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  beforeEach(async () => {
    server = await serveChat('I see.')
  })
  afterEach(() => server[Symbol.asyncDispose]())

  test('images are picked, removed, sent, and shown again after a reload', async () => {
    await using chat = await ChatPage.open(browser, server.url)
    const picker = chat.page.getByLabel('Images', { exact: true })
    await picker.setInputFiles([image('one.png'), image('two.png')])
    const images = chat.page.getByRole('list', { name: 'Images to send' })
    await images.getByRole('img', { name: 'two.png' }).waitFor()
    await chat.check('images-in')
    await chat.button('Remove one.png').click()
    expect(await images.getByRole('listitem').count()).toBe(1)
    expect(await chat.focused()).toBe('Message')
    await chat.ask('What is this?')
    await chat.answers.getByText('I see.').waitFor()
    expect(await images.count()).toBe(0)
    expect(JSON.stringify(server.provider.requests[0]?.body)).toContain(png.toString('base64'))
    await chat.check('images-sent')
    await chat.page.reload()
    const shown = chat.questions.getByRole('img')
    await shown.waitFor()
    expect(await shown.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(1)
  })

  test('images are pasted and dropped', async () => {
    await using chat = await ChatPage.open(browser, server.url)
    for (const type of ['paste', 'drop']) {
      await chat.field.evaluate(
        (element, { kind, bytes }) => {
          const data = new DataTransfer()
          const file = new File([new Uint8Array(bytes)], `${kind}.png`, { type: 'image/png' })
          data.items.add(file)
          const options = { bubbles: true, cancelable: true }
          element.dispatchEvent(
            kind === 'paste'
              ? new ClipboardEvent('paste', { ...options, clipboardData: data })
              : new DragEvent('drop', { ...options, dataTransfer: data }),
          )
        },
        { kind: type, bytes: [...png] },
      )
      await chat.page.getByRole('img', { name: `${type}.png` }).waitFor()
    }
  })

  test('what is no image, or too large, is refused with a sentence', async () => {
    await using chat = await ChatPage.open(browser, server.url, phone)
    const picker = chat.page.getByLabel('Images', { exact: true })
    await picker.setInputFiles([{ name: 'a.pdf', mimeType: 'application/pdf', buffer: png }])
    const alert = chat.page.getByRole('alert')
    await alert.filter({ hasText: '“a.pdf” is not a PNG, JPEG, WebP or GIF image.' }).waitFor()
    await picker.setInputFiles([image('large.png', Buffer.alloc(15_000_000))])
    await alert
      .filter({ hasText: '“large.png” is too large: 15 MB. A message takes 14 MB.' })
      .waitFor()
    expect(await chat.page.getByRole('list', { name: 'Images to send' }).count()).toBe(0)
    await chat.check('image-refused')
  })

  test('Enter sends, Shift+Enter begins a line, and an input method keeps its Enter', async () => {
    await using chat = await ChatPage.open(browser, server.url)
    await chat.page.keyboard.type('One')
    await chat.page.keyboard.press('Shift+Enter')
    await chat.page.keyboard.type('two')
    await chat.field.evaluate((element) => {
      const options = { key: 'Enter', bubbles: true, cancelable: true, isComposing: true }
      element.dispatchEvent(new KeyboardEvent('keydown', options))
    })
    expect(await chat.field.inputValue()).toBe('One\ntwo')
    expect(await chat.questions.count()).toBe(0)
    await chat.page.keyboard.press('Enter')
    await chat.answers.getByText('I see.').waitFor()
    expect(await chat.said()).toEqual(['One\ntwo', 'I see.'])
    expect(await chat.field.inputValue()).toBe('')
  })

  test('nothing is sent without text and without images', async () => {
    await using chat = await ChatPage.open(browser, server.url)
    await chat.field.fill('  \n ')
    await chat.page.keyboard.press('Enter')
    expect(await chat.button('Send').getAttribute('aria-disabled')).toBe('true')
    await chat.button('Send').click({ force: true })
    expect(await chat.questions.count()).toBe(0)
    expect(await chat.focused()).toBe('Message')
  })

  test('a draft survives a reload, for its chat only', async () => {
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('First')
    await chat.field.fill('Half a thou')
    await chat.page.reload()
    await chat.answers.waitFor()
    expect(await chat.field.inputValue()).toBe('Half a thou')
    await chat.button('New chat').click()
    expect(await chat.field.inputValue()).toBe('')
  })

  test('the draft of a chat that has not begun survives a reload, too', async () => {
    await using chat = await ChatPage.open(browser, server.url)
    await chat.field.fill('Half a thou')
    await chat.page.reload()
    expect(await chat.field.inputValue()).toBe('Half a thou')
  })

  test('text that looks like HTML or a script stays text', async () => {
    const text = '<img src=x onerror=alert(1)> [click](javascript:alert(1)) <b>bold</b>'
    await using own = await serveChat(text)
    await using chat = await ChatPage.open(browser, own.url)
    await chat.ask(text)
    expect(await chat.said()).toEqual([text, '<img src=x onerror=alert(1)> click <b>bold</b>'])
    expect(await chat.log.getByRole('img').count()).toBe(0)
    expect(await chat.log.getByRole('link').count()).toBe(0)
  })
})
