/**
 * Messages that are edited and regenerated on the chat page, and their versions.
 */

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { browserNote, browserPresent, launchBrowser } from '../../support/browser.ts'
import { ChatPage } from './chat-page.ts'
import { serveChat } from './serve-chat.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describe.skipIf(!browserPresent)(`editing on the chat page${browserNote}`, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  test('an edited message replaces the rest, and both versions can be read', async () => {
    await using server = await serveChat(['First answer.', 'Second answer.', 'Third answer.'])
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('First question')
    await chat.ask('Second question')
    await chat.questions.first().hover()
    await chat.button('Edit message').first().click()
    const field = chat.page.getByRole('textbox', { name: 'Edited message' })
    expect(await field.inputValue()).toBe('First question')
    await chat.check('edit')
    await field.fill('Better question')
    await field.press('Enter')
    await chat.answers.getByText('Third answer.').waitFor()
    await chat.ended()
    expect(await chat.said()).toEqual(['Better question', 'Third answer.'])
    expect(await chat.focused()).toBe('Message')
    await chat.check('edited')
    await chat.button('Previous version').click()
    expect(await chat.said()).toEqual([
      'First question',
      'First answer.',
      'Second question',
      'Second answer.',
    ])
    await chat.check('earlier-version')
    await chat.button('Back to the newest').click()
    expect(await chat.said()).toEqual(['Better question', 'Third answer.'])
    await chat.page.reload()
    await chat.answers.waitFor()
    expect(await chat.said()).toEqual(['Better question', 'Third answer.'])
  })

  test('an answer can be regenerated, and what is sent continues the newest version', async () => {
    await using server = await serveChat(['One.', 'Two.', 'Three.'])
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('Count')
    await chat.button('Regenerate answer').click()
    await chat.answers.getByText('Two.').waitFor()
    await chat.ended()
    expect(await chat.said()).toEqual(['Count', 'Two.'])
    await chat.button('Previous version').click()
    expect(await chat.said()).toEqual(['Count', 'One.'])
    await chat.say('Go on')
    await chat.answers.getByText('Three.').waitFor()
    await chat.ended()
    expect(await chat.said()).toEqual(['Count', 'Two.', 'Go on', 'Three.'])
    const sent = JSON.stringify(server.provider.requests.at(-1)?.body)
    expect(sent).toContain('Two.')
    expect(sent).not.toContain('One.')
  })

  test('an earlier answer can be regenerated, and what followed it can be read', async () => {
    await using server = await serveChat(['One.', 'Two.', 'Three.'])
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('First')
    await chat.ask('Second')
    await chat.answers.first().hover()
    await chat.button('Regenerate answer').first().click()
    await chat.answers.getByText('Three.').waitFor()
    await chat.ended()
    expect(await chat.said()).toEqual(['First', 'Three.'])
    await chat.check('regenerated')
    await chat.button('Previous version').click()
    expect(await chat.said()).toEqual(['First', 'One.', 'Second', 'Two.'])
    await chat.page.reload()
    await chat.answers.waitFor()
    expect(await chat.said()).toEqual(['First', 'Three.'])
  })

  test.for(['edit', 'regenerate'])(
    'a request to %s that the server refused is sent again',
    async (route) => {
      await using server = await serveChat(['First answer.', 'Second answer.'])
      await using chat = await ChatPage.open(browser, server.url)
      await chat.ask('First question')
      await chat.page.route(`**/api/conversations/*/${route}`, (request) =>
        request.fulfill({ status: 401, body: '' }),
      )
      if (route === 'regenerate') await chat.button('Regenerate answer').click()
      else {
        await chat.questions.hover()
        await chat.button('Edit message').click()
        await chat.page.keyboard.type(' with more')
        await chat.page.keyboard.press('Enter')
      }
      await chat.page.getByRole('alert').waitFor()
      await chat.page.unroute(`**/api/conversations/*/${route}`)
      await chat.button('Try again').click()
      await chat.answers.getByText('Second answer.').waitFor()
      const question = route === 'edit' ? 'First question with more' : 'First question'
      expect(await chat.said()).toEqual([question, 'Second answer.'])
    },
  )

  test('Escape ends editing without a change', async () => {
    await using server = await serveChat(['Answer.'])
    await using chat = await ChatPage.open(browser, server.url)
    await chat.ask('Question')
    await chat.questions.first().hover()
    await chat.button('Edit message').click()
    await chat.page.keyboard.type(' with more')
    await chat.page.keyboard.press('Escape')
    expect(await chat.said()).toEqual(['Question', 'Answer.'])
    expect(await chat.focused()).toBe('Message')
    expect(server.provider.requests).toHaveLength(1)
  })
})
