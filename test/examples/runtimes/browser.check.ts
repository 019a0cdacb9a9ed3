import type { Browser, Page } from 'playwright-core'
import { simulatedProvider } from 'sluice/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser, takePicture } from '../../support/browser.ts'
import { type OpenProvider, openProvider } from './open-provider.ts'
import { type Started, start } from './started.ts'

const words = Array.from({ length: 150 }, (_, index) => `word${index}`).join(' ')

const provider = simulatedProvider({
  paceMs: 0,
  requireKey: false,
  answer: ({ body }) => {
    const said = JSON.stringify(body)
    if (said.includes('Stall')) return { text: words, fault: { kind: 'stall', afterEvents: 8 } }
    if (said.includes('Break')) return { text: words, fault: { kind: 'cut', afterEvents: 8 } }
    return 'All is well.'
  },
})

let upstream: OpenProvider
let started: Started
let browser: Browser
let page: Page

beforeAll(async () => {
  upstream = await openProvider(provider)
  started = await start('browser/main.ts', /Local: +(http:\/\/localhost:\d+)/)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await started?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 720, height: 520 } })
  // Whatever runs on this machine is left alone.
  await page.route(/localhost:(11434|1234|8080)/, (route) => route.abort())
})
afterEach(() => page.close())

async function say(text: string): Promise<void> {
  await page.getByLabel('Message').fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

/** Waits until the answer, which is the last, says this. */
const showing = (text: string): Promise<void> =>
  page.locator('li.assistant', { hasText: text }).last().waitFor()

const isReady = (): Promise<void> => page.getByRole('button', { name: 'Send' }).waitFor()

async function useTyped(): Promise<void> {
  await page.goto(started.origin)
  await page.getByText('simulated: canned answers').click()
  await page.getByLabel('Address').fill(`${upstream.url}/v1`)
  await page.getByLabel('Model').fill('mine')
  await page.getByLabel('Key').fill('secret')
  await takePicture(page, 'browser-settings')
  await page.getByRole('button', { name: 'Use this model' }).click()
  await page.getByText(/127\.0\.0\.1:\d+: mine/).waitFor()
}

test('without any model, a simulated one answers, token by token', async () => {
  await page.goto(started.origin)
  await say('Is there anybody?')
  await showing('Olá!')
  // The answer takes more than a second.
  await page.getByRole('button', { name: 'Stop' }).waitFor()
  await isReady()
  await showing('You asked: "Is there anybody?"')
  await takePicture(page, 'browser-light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await takePicture(page, 'browser-dark')
})

test('a model on the same machine is found; stop closes its connection, and the page goes on', async () => {
  await page.route(/localhost:11434/, (route) => {
    const { pathname } = new URL(route.request().url())
    return route.continue({ url: `${upstream.url}${pathname}` })
  })
  await page.goto(started.origin)
  await page.getByText('ollama: llama').waitFor()
  await say('Stall')
  await showing('word3')
  const request = provider.requests.at(-1)
  expect(request?.body).toMatchObject({ model: 'llama' })
  expect(request?.sent).toBe(8)
  await page.getByRole('button', { name: 'Stop' }).click()
  expect(await request?.closed).toBe('aborted')
  await page.getByText('Stopped.').waitFor()
  await say('And now?')
  await showing('All is well.')
  expect(await page.getByText('Stopped.').count()).toBe(0)
})

test('a key that is typed in goes to the address beside it', async () => {
  await useTyped()
  await say('Who are you?')
  await showing('All is well.')
  await isReady()
  await say('And who am I?')
  await page.locator('li.assistant', { hasText: 'All is well.' }).nth(1).waitFor()
  const { headers, body } = provider.requests.at(-1) ?? {}
  expect(headers?.authorization).toBe('Bearer secret')
  expect(JSON.stringify(body)).toMatch(/"mine".*Who are you\?.*All is well\..*And who am I\?/)
})

test('an answer that breaks off is tried again, and then said to have failed', async () => {
  await useTyped()
  await say('Break')
  await page.getByText('Trying again: 2 of 3.').waitFor()
  await page.locator('#notice.failure').waitFor()
  await takePicture(page, 'browser-failure')
  // What was asked is there to be sent again.
  expect(await page.getByLabel('Message').inputValue()).toBe('Break')
  await say('Well?')
  await showing('All is well.')
  expect(JSON.stringify(provider.requests.at(-1)?.body)).not.toContain('Break')
})
