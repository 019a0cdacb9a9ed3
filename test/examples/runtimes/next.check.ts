import { type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, takePicture } from '../../support/browser.ts'
import { describeServer, words } from './serves.ts'

describeServer({
  name: 'Next',
  file: 'next/app/api/chat/route.ts',
  listening: /Local: +(http:\/\/localhost:\d+)/,
  done: ['npm run build && ', 'npm ci && '],
  types: 'tsc -p examples/next',
  more(server) {
    let browser: Browser
    let page: Page

    beforeAll(async () => {
      browser = await launchBrowser()
      page = await browser.newPage({ viewport: { width: 720, height: 520 } })
      await page.goto(server().origin)
    })
    afterAll(() => browser?.close())

    /** Waits for the page to be alive: what is typed before React is there is lost. */
    async function say(text: string): Promise<void> {
      await page.getByLabel('Message').fill(text)
      await page.getByRole('button', { name: 'Send' }).click()
      await page.locator('li.user', { hasText: text }).last().waitFor()
    }

    const showing = (text: string): Promise<void> =>
      page.locator('li.assistant', { hasText: text }).last().waitFor()

    test('the page shows the answer as it grows, and stop closes the connection', async () => {
      const { provider } = server()
      await say('Tell me words')
      await showing('word3')
      const request = provider.requests.at(-1)
      expect(request?.sent).toBeLessThan(400)
      await page.getByRole('button', { name: 'Stop' }).click()
      expect(await request?.closed).toBe('aborted')
      await takePicture(page, 'next-stopped')
      await say('Tell me all of them')
      await showing('word499')
      expect(await page.locator('li.assistant').last().textContent()).toBe(words)
    })

    test('the page says that an answer has failed, and asks for it again', async () => {
      const { provider } = server()
      await say('Break')
      await page.getByText('Trying again.').waitFor()
      await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor()
      await page.emulateMedia({ colorScheme: 'dark' })
      await takePicture(page, 'next-failure')
      const before = provider.requests.length
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByRole('button', { name: 'Stop' }).waitFor()
      await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor()
      expect(provider.requests.length).toBeGreaterThan(before)
    })
  },
})
