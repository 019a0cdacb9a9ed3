/**
 * The chat page when something goes away in the middle of an answer: the page, the server, the
 * network.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { browserNote, browserPresent, launchBrowser } from '../../support/browser.ts'
import { Network } from '../../support/network.ts'
import { Example } from '../child.ts'
import { ChatPage } from './chat-page.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

describe.skipIf(!browserPresent)(`the chat page survives${browserNote}`, () => {
  let browser: Browser
  let server: Example
  let url = ''
  let folder = ''

  const start = async (port = '0'): Promise<Example> => {
    const example = new Example('chat-server/server.ts', { PORT: port, DATA_DIR: folder })
    ;[, url = ''] = await example.prints(/Listening on (http:\S+)\./)
    return example
  }

  beforeAll(async () => {
    browser = await launchBrowser(['--disable-back-forward-cache'])
  })
  afterAll(() => browser?.close())

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-page-'))
    server = await start()
  })
  afterEach(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const sentences = (text: string): number[] =>
    [...text.matchAll(/Sentence (\d+) of 100/g)].map(([, number]) => Number(number))

  /** Waits for a sentence, and checks that each before it is there once. */
  async function showsUntil(chat: ChatPage, last: number): Promise<void> {
    await chat.answers.getByText(`Sentence ${last} of 100`).waitFor({ state: 'attached' })
    const text = (await chat.answers.allInnerTexts()).join('\n')
    const expected = Array.from({ length: last }, (_, index) => index + 1)
    expect(sentences(text).slice(0, last)).toEqual(expected)
  }

  test('a reload shows the question at once, and the answer continues', async () => {
    await using chat = await ChatPage.open(browser, url)
    await chat.say('Give me a long answer')
    await showsUntil(chat, 3)
    await chat.page.reload()
    await chat.questions.getByText('Give me a long answer').waitFor()
    await showsUntil(chat, 8)
    expect(await chat.questions.count()).toBe(1)
    expect(await chat.answers.count()).toBe(1)
    await chat.check('reloaded')
    await chat.page.keyboard.press('Escape')
    await chat.ended()
    await chat.button('Continue').waitFor()
  })

  test('a server that is killed and started again: "Reconnecting…", then the rest', async () => {
    await using chat = await ChatPage.open(browser, url)
    await chat.say('Give me a long answer')
    await showsUntil(chat, 4)
    const { port } = new URL(url)
    server.process.kill('SIGKILL')
    await server.ended()
    await chat.page.getByRole('status').filter({ hasText: 'Reconnecting…' }).waitFor()
    await chat.check('reconnecting')
    server = await start(port)
    await showsUntil(chat, 12)
    expect(await chat.questions.count()).toBe(1)
    expect(await chat.page.getByText('Reconnecting…').count()).toBe(0)
    await chat.check('reconnected')
  })

  test('a message that the server never received is sent by "Try again"', async () => {
    await using chat = await ChatPage.open(browser, url)
    await chat.page.route('**/api/conversations/*/messages', (route) =>
      route.fulfill({ status: 401, body: '' }),
    )
    await chat.say('Answer with code')
    await chat.page.getByRole('alert').waitFor()
    await chat.page.unroute('**/api/conversations/*/messages')
    await chat.button('Try again').click()
    await chat.page.getByRole('figure', { name: 'Code, ts' }).waitFor()
    expect(await chat.questions.count()).toBe(1)
  })

  test('a message that was stopped before the server received it can be sent again', async () => {
    await using chat = await ChatPage.open(browser, url)
    const { promise: isStopped, resolve: release } = Promise.withResolvers<void>()
    await chat.page.route('**/api/conversations/*/messages', async (route) => {
      await isStopped
      await route.continue()
    })
    const arrived = chat.page.waitForResponse('**/api/conversations/*/messages')
    await chat.say('Show a table')
    await chat.button('Stop').click()
    await chat.ended()
    release()
    await arrived
    expect(await chat.answers.count()).toBe(0)
    await chat.button('Try again').click()
    await chat.page.getByRole('cell', { name: 'after a failure' }).waitFor()
    expect(await chat.questions.count()).toBe(1)
  })

  test('an answer is whole after 25 seconds offline in its middle', async () => {
    await using network = await Network.to(url)
    await using chat = await ChatPage.open(browser, network.url)
    await chat.say('Give me a long answer')
    await showsUntil(chat, 3)
    await chat.page.context().setOffline(true)
    network.break()
    const shown = () => chat.answers.allInnerTexts()
    await chat.page.getByRole('status').filter({ hasText: 'You are offline' }).waitFor()
    await chat.check('offline')
    const before = await shown()
    // The time away is what this test is about.
    await chat.page.waitForTimeout(25_000)
    expect(await shown()).toEqual(before)
    await chat.page.context().setOffline(false)
    await chat.page.getByText('You are offline').waitFor({ state: 'detached' })
    await chat.ended()
    await showsUntil(chat, 100)
    expect(sentences((await shown()).join('\n'))).toHaveLength(100)
    expect(await chat.questions.count()).toBe(1)
    expect(await chat.answers.count()).toBe(1)
    await chat.check('online-again')
  })

  test('an answer continues when the page comes from the back/forward cache', async () => {
    await using chat = await ChatPage.open(browser, url)
    await chat.say('Give me a long answer')
    await showsUntil(chat, 3)
    await chat.page.evaluate(() => {
      addEventListener('pageshow', ({ persisted }) => {
        Object.assign(globalThis, { wasRestored: persisted })
      })
    })
    await chat.page.goto(`${url}/elsewhere`)
    await chat.page.goBack({ waitUntil: 'commit' })
    await chat.page.waitForFunction(() => 'wasRestored' in globalThis)
    expect(await chat.page.evaluate('wasRestored')).toBe(true)
    await showsUntil(chat, 12)
    await chat.check('restored')
    expect(await chat.questions.count()).toBe(1)
    expect(await chat.answers.count()).toBe(1)
    await chat.page.keyboard.press('Escape')
    await chat.ended()
  })

  test('an answer goes on while another chat is shown', async () => {
    await using chat = await ChatPage.open(browser, url)
    await chat.say('Give me a long answer')
    await showsUntil(chat, 2)
    await chat.button('New chat').click()
    expect(await chat.questions.count()).toBe(0)
    await chat.ask('Show a table')
    await chat.page.goBack()
    await showsUntil(chat, 10)
    await chat.page.goForward()
    await chat.page.getByRole('cell', { name: 'after a failure' }).waitFor()
  })
})
