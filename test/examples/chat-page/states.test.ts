/**
 * Each state of the chat server's page, with the simulated model of the server.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { browserNote, browserPresent, launchBrowser } from '../../support/browser.ts'
import { Example } from '../child.ts'
import { ChatPage, phone } from './chat-page.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const dark: BrowserContextOptions = { colorScheme: 'dark' }

describe.skipIf(!browserPresent)(`the states of the chat page${browserNote}`, () => {
  let browser: Browser
  let server: Example
  let url = ''
  const folder = mkdtempSync(join(tmpdir(), 'sluice-page-'))

  beforeAll(async () => {
    server = new Example('chat-server/server.ts', { PORT: '0', DATA_DIR: folder })
    ;[, url = ''] = await server.prints(/Listening on (http:\S+)\./)
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const open = (options?: BrowserContextOptions): Promise<ChatPage> =>
    ChatPage.open(browser, url, options)

  test.for([
    ['light', {}],
    ['dark', dark],
    ['narrow', phone],
  ] as const)(
    'a fresh browser begins with an empty chat and suggestions: %s',
    async ([name, options]) => {
      await using chat = await open(options)
      expect(await chat.page.title()).toBe('Chat')
      expect(await chat.questions.count()).toBe(0)
      await chat.page.getByRole('heading', { name: 'What shall we talk about?' }).waitFor()
      expect(
        await chat.page.getByRole('list', { name: 'Suggestions' }).getByRole('button').count(),
      ).toBe(8)
      if (name !== 'narrow') expect(await chat.focused()).toBe('Message')
      await chat.check(`empty-${name}`)
      expect(await chat.shifts()).toBe(0)
    },
  )

  test('a tool shows that it runs, its preliminary result, and its result', async () => {
    await using chat = await open()
    const summary = chat.answers.locator('summary')
    // It shows for half a second.
    const running = summary.filter({ hasText: 'Calling the station of Oslo' }).waitFor()
    await chat.button(/^Call a tool/).click()
    await running
    // The button is gone.
    expect(await chat.focused()).toBe('Message')
    await chat.check('tool-running')
    await summary.filter({ hasText: 'Done' }).waitFor()
    await chat.ended()
    await summary.click()
    await chat.answers.getByText('rain, 7 °C', { exact: true }).waitFor()
    expect(await chat.answers.locator('dl').innerText()).toMatch(/city\s+Oslo/)
    await chat.check('tool-done')
  })

  test('an email waits for a person, who sees the arguments and allows it', async () => {
    await using chat = await open()
    await chat.say('Send an email to Ada')
    const question = chat.page.getByRole('region', { name: 'Send an email?' })
    await question.waitFor()
    await chat.ended()
    expect(await question.innerText()).toMatch(
      /ada@example\.com[^]*Lunch[^]*Shall we meet at noon\?/,
    )
    await chat.check('approval')
    await chat.button('Allow').click()
    await chat.answers.locator('summary', { hasText: 'Done' }).waitFor()
    await chat.ended()
    expect(await chat.focused()).toBe('Message')
    await chat.check('approved')
  })

  test('an email that is denied is not sent, also after a reload', async () => {
    await using chat = await open()
    await chat.say('Send an email to Ada')
    await chat.button('Deny').waitFor()
    await chat.page.reload()
    await chat.button('Deny').click()
    await chat.answers.locator('summary', { hasText: 'Denied' }).waitFor()
    await chat.ended()
    expect((await chat.said()).at(-1)).toContain('The user did not allow this call.')
    await chat.check('denied')
  })

  test('a date is picked on the page', async () => {
    await using chat = await open()
    await chat.say('Pick a date for my departure')
    await chat.page.getByLabel('Departure', { exact: true }).fill('2027-01-31')
    await chat.ended()
    await chat.check('date')
    await chat.button('Use this date').click()
    await chat.answers.locator('summary', { hasText: 'Done' }).waitFor()
    await chat.ended()
    expect((await chat.said()).at(-1)).toContain('2027-01-31')
    await chat.check('date-picked')
  })

  test('reasoning is folded, with the time that it took', async () => {
    await using chat = await open(dark)
    const summary = chat.answers.locator('.reasoning summary')
    const thinking = summary.filter({ hasText: 'Thinking…' }).waitFor()
    await chat.say('Think first: why is the sky blue?')
    await thinking
    await summary.click()
    await chat.check('reasoning')
    await summary.filter({ hasText: /Thought for/ }).waitFor()
    await chat.ended()
    expect(await chat.answers.innerText()).toContain('Blue light is scattered the most.')
    const statuses = await chat.page.getByRole('status').allTextContents()
    expect(statuses.join('')).toBe('The answer is complete.')
    await chat.check('reasoned')
  })

  test.for([
    ['light', {}],
    ['dark', dark],
    ['narrow', phone],
  ] as const)('code has colors and can be copied: %s', async ([name, options]) => {
    await using chat = await open({
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    })
    await chat.ask('Answer with code')
    const code = chat.page.getByRole('figure', { name: 'Code, ts' })
    await code.locator('.hljs-keyword').first().waitFor()
    await code.getByRole('button', { name: 'Copy code' }).click()
    await code.getByRole('button', { name: 'Copied' }).waitFor()
    const copied = await chat.page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toMatch(/^import \{ createStream \} from 'sluice'\n/)
    await chat.check(`code-${name}`)
  })

  test.for([
    ['light', {}],
    ['narrow', { ...phone, ...dark }],
  ] as const)('a table scrolls on its own, and its links are safe: %s', async ([name, options]) => {
    await using chat = await open(options)
    await chat.ask('Show a table of the events')
    await chat.page.getByRole('cell', { name: 'after a failure' }).waitFor()
    const link = chat.page.getByRole('link', { name: 'reason' })
    expect(await link.getAttribute('rel')).toContain('noopener')
    await chat.check(`table-${name}`)
  })

  test('an image that the model has made is shown', async () => {
    await using chat = await open()
    await chat.button(/^Draw an image/).click()
    const image = chat.answers.getByRole('img', { name: 'From the model' })
    await image.waitFor()
    expect(await image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(48)
    await chat.ended()
    await chat.check('image-out')
  })

  test('an answer that breaks off is tried again, and the page shows it', async () => {
    await using chat = await open()
    const retrying = chat.page.getByRole('status').filter({ hasText: 'Trying again 2 of 3' })
    const shown = retrying.waitFor()
    await chat.say('Fail in the middle')
    await shown
    await chat.check('retrying')
    await chat.ended()
    expect((await chat.said())[1]).toMatch(/^Sentence 1 of 5 .* Sentence 5 of 5 /)
    expect(await chat.page.getByText('Interrupted').count()).toBe(0)
  })

  test.for([
    ['light', {}],
    ['dark', dark],
    ['narrow', phone],
  ] as const)(
    'an answer that fails is marked, with a sentence of the page: %s',
    async ([name, options]) => {
      await using chat = await open(options)
      await chat.say('Fail for good')
      const alert = chat.page.getByRole('alert')
      await alert.waitFor()
      expect(await alert.innerText()).toContain(
        'The connection was lost before the answer was complete.',
      )
      await chat.answers.getByText('Interrupted').waitFor()
      expect(await chat.focused()).toBe('Message')
      await chat.check(`failure-${name}`)
      await chat.page.reload()
      await chat.answers.getByText('Interrupted').waitFor()
      expect(await alert.innerText()).toContain(
        'The connection was lost before the answer was complete.',
      )
      await chat.button('Continue').waitFor()
    },
  )

  test('an answer that never began can be tried again', async () => {
    await using chat = await open()
    await chat.say('Fail at once')
    await chat.page.getByRole('alert').waitFor()
    await chat.check('failure-at-once')
    const retrying = chat.page.getByRole('status').filter({ hasText: 'Trying again' }).waitFor()
    await chat.button('Try again').click()
    await retrying
    await chat.page.getByRole('alert').waitFor()
    expect(await chat.questions.count()).toBe(1)
  })

  test('Escape stops an answer, which is marked and can be continued to its end', async () => {
    await using chat = await open()
    await chat.say('Give me a long answer')
    await chat.answers.getByText('Sentence 3 of').waitFor()
    await chat.page.keyboard.press('Escape')
    await chat.answers.getByText('Stopped', { exact: true }).waitFor()
    await chat.check('stopped')
    await chat.page.reload()
    await chat.answers.getByText('Sentence 3 of').waitFor()
    await chat.answers.getByText('Stopped', { exact: true }).waitFor()
    await chat.button('Continue').click()
    await chat.answers.getByText('Sentence 9 of').waitFor()
    expect(await chat.questions.count()).toBe(1)
    expect(await chat.answers.getByText('Sentence 1 of').count()).toBe(1)
    await chat.button('Stop').click()
    await chat.ended()
    expect(await chat.focused()).toBe('Message')
  })

  test('what is typed during an answer is sent after it, unless it is cancelled', async () => {
    await using chat = await open()
    const { promise: isQueued, resolve: release } = Promise.withResolvers<void>()
    await chat.page.route('**/api/conversations/*/messages', async (route) => {
      await isQueued
      await route.continue()
    })
    await chat.say('Think first')
    await chat.say('Answer with code')
    await chat.say('Show a table')
    const queue = chat.page.getByRole('list', { name: 'Waiting to be sent' })
    expect(await queue.getByRole('listitem').count()).toBe(2)
    await queue.getByRole('button', { name: 'Do not send it' }).first().click()
    release()
    await chat.page.getByRole('cell', { name: 'after a failure' }).waitFor()
    await chat.ended()
    expect(await chat.questions.locator('.bubble').allInnerTexts()).toEqual([
      'Think first',
      'Show a table',
    ])
  })

  test('the queue waits after a stop, until it is sent', async () => {
    await using chat = await open()
    await chat.say('Give me a long answer')
    await chat.say('Answer with code')
    await chat.button('Stop').click()
    await chat.ended()
    expect(await chat.focused()).toBe('Message')
    await chat.check('queue')
    await chat.button('Send it now').click()
    await chat.page.getByRole('figure', { name: 'Code, ts' }).waitFor()
    expect(await chat.page.getByRole('list', { name: 'Waiting to be sent' }).count()).toBe(0)
  })

  test('the page follows the end only while the reader is there', async () => {
    await using chat = await open()
    const distance = () =>
      chat.page
        .getByRole('region', { name: 'Chat' })
        .evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)
    await chat.say('Give me a long answer')
    await chat.answers.getByText('Sentence 17 of').waitFor()
    expect(await distance()).toBeLessThan(2)
    const jump = chat.button('Jump to the newest')
    expect(await jump.count()).toBe(0)
    await chat.log.hover()
    await chat.page.mouse.wheel(0, -200)
    await jump.waitFor()
    const top = await chat.page.getByText('Sentence 9 of').boundingBox()
    await chat.answers.getByText('Sentence 21 of').waitFor({ state: 'attached' })
    expect(await chat.page.getByText('Sentence 9 of').boundingBox()).toEqual(top)
    await chat.check('jump')
    await jump.click()
    await expect.poll(distance).toBeLessThan(2)
    expect(await jump.count()).toBe(0)
    // What grows below the text moves nothing.
    expect(await chat.shifts()).toBeLessThan(0.01)
  })
})
