/**
 * Somebody who uses the playground, with a window of their own.
 */

import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { defaults, formatSettings, type Settings } from '../playground/settings.ts'

/** What is seen at the end of a run. */
export interface Seen {
  /** The events, each with its type first. */
  events: string[]
  /** The text that stands, and the text that was discarded. */
  text: string
  discarded: string
}

export class Visitor implements AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  readonly #origin: string
  readonly #problems: string[] = []

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.context = context
    this.page = page
    this.#origin = origin
    page.on('pageerror', (error) => this.#problems.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') this.#problems.push(message.text())
    })
  }

  static async arrive(
    browser: Browser,
    origin: string,
    options: BrowserContextOptions = {},
  ): Promise<Visitor> {
    const context = await browser.newContext({
      viewport: { width: 1400, height: 1000 },
      // Nothing plays before it is asked to.
      reducedMotion: 'reduce',
      ...options,
    })
    return new Visitor(context, await context.newPage(), origin)
  }

  panel(name: string): Locator {
    return this.page.getByRole('region', { name, exact: true })
  }

  get message(): Locator {
    return this.panel('The message, as a reader sees it')
  }

  get runButton(): Locator {
    return this.page.getByRole('button', { name: 'Run', exact: true })
  }

  async open(settings: Partial<Settings>): Promise<void> {
    // On a slow machine, an answer that arrives must not look like one that stalls.
    const chunkMs = settings.scenario === 'stall' ? 3_000 : 60_000
    const hash = formatSettings({ ...defaults, paceMs: 5, chunkMs, ...settings })
    await this.page.goto(`${this.#origin}/playground.html${hash}`)
    await this.runButton.waitFor()
  }

  /** Plays a scenario to its end. */
  async play(settings: Partial<Settings>): Promise<Seen> {
    await this.open(settings)
    await this.runButton.click()
    return this.finished()
  }

  async finished(): Promise<Seen> {
    await this.page.locator('[data-end=complete], [data-end=error]').waitFor()
    const answer = this.message.locator('.answer')
    return {
      events: await this.panel('The events').getByRole('listitem').allTextContents(),
      text: (await answer.locator(':scope > span').allTextContents()).join(''),
      discarded: (await answer.locator('del').allTextContents()).join(''),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close()
    expect(this.#problems).toEqual([])
  }
}

/** The types of events, each run of one type once. */
export function typesOf({ events }: Seen): string {
  return events
    .map((event) => event.split(' ')[0])
    .filter((type, index, all) => type !== all[index - 1])
    .join(' ')
}
