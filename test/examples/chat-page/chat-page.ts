/**
 * The page of the chat server in Chromium, as a person uses it.
 */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { takePicture } from '../../support/browser.ts'

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

declare const axe: {
  run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }>
}

/** A phone of the narrowest kind. */
export const phone: BrowserContextOptions = {
  viewport: { width: 320, height: 640 },
  hasTouch: true,
  isMobile: true,
}

export class ChatPage implements AsyncDisposable {
  readonly page: Page
  /** Uncaught errors, and what the page prints as one. */
  readonly problems: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.on('pageerror', (error) => this.problems.push(String(error)))
    page.on('console', (message) => {
      // The browser prints each response with a status of 400 or more, and each lost connection.
      const isNetwork = /Failed to load resource|net::ERR_/.test(message.text())
      if (message.type() === 'error' && !isNetwork) this.problems.push(message.text())
    })
  }

  /** In a browser of its own: with its own cookies and storage. */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<ChatPage> {
    const context = await browser.newContext({
      viewport: { width: 1100, height: 720 },
      ...options,
    })
    const chat = new ChatPage(await context.newPage())
    await chat.page.addInitScript(watchShifts)
    await chat.page.goto(url)
    await chat.field.waitFor()
    return chat
  }

  get field(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true })
  }

  get log(): Locator {
    return this.page.getByRole('log')
  }

  get answers(): Locator {
    return this.page.locator('article.answer')
  }

  get questions(): Locator {
    return this.page.locator('article.user')
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' })
  }

  async say(text: string): Promise<void> {
    await this.field.fill(text)
    await this.field.press('Enter')
  }

  /** Waits for an answer that ends in any way. */
  async ended(): Promise<void> {
    await this.page.locator('[role=log][aria-busy=false]').waitFor()
  }

  async ask(text: string): Promise<void> {
    const before = await this.questions.count()
    await this.say(text)
    // The question and the state come in the same render.
    await this.questions.nth(before).waitFor()
    await this.ended()
  }

  /** The texts of all messages, without the names of who speaks. */
  async said(): Promise<string[]> {
    const texts = this.page.locator('.bubble, .answer .markdown')
    return (await texts.allInnerTexts()).map((text) => text.trim())
  }

  /** What `document.activeElement` is called. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const { activeElement: element } = document
      return element?.getAttribute('aria-label') ?? element?.textContent ?? 'nothing'
    })
  }

  /** The sum of all shifts that no input has caused. 0.1 is what browsers call good for a page. */
  shifts(): Promise<number> {
    return this.page.evaluate(() => (globalThis as unknown as { shifts: number }).shifts)
  }

  /** Takes a picture, and holds the state to what holds for every one. */
  async check(name: string): Promise<void> {
    await this.settled()
    await takePicture(this.page, `chat-${name}`)
    expect(await this.violations(), name).toEqual([])
    const overflow = await this.page.evaluate(
      () => document.documentElement.scrollWidth - innerWidth,
    )
    expect(overflow, name).toBe(0)
    expect(this.problems, name).toEqual([])
    expect(await this.shifts(), name).toBeLessThan(0.1)
  }

  /** Waits for what slides or turns, but not for what turns for ever. */
  async settled(): Promise<void> {
    await this.page.evaluate(async () => {
      const ends = document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
      await Promise.allSettled(ends.map(({ finished }) => finished))
    })
  }

  async violations(): Promise<string[]> {
    // Over the wire of the debugger, so the page's own policy for scripts stays as it is.
    await this.page.evaluate(axeSource)
    const { violations } = await this.page.evaluate(() => axe.run())
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.target.join(' ')}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close()
  }
}

function watchShifts(): void {
  const counter = globalThis as unknown as { shifts: number }
  counter.shifts = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & {
      value: number
      hadRecentInput: boolean
    })[]) {
      if (!entry.hadRecentInput) counter.shifts += entry.value
    }
  }).observe({ type: 'layout-shift', buffered: true })
}
