import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, takePicture } from '../../../test/support/browser.ts'
import { built, overflowOf, type Site, serveSite, violationsOf } from './site.ts'
import { Visitor } from './visitor.ts'

let site: Site
let browser: Browser

beforeAll(async () => {
  site = await serveSite()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await site?.[Symbol.asyncDispose]()
})

const arrive = () => Visitor.arrive(browser, site.origin)
const pages = globSync('{*,!(reference)/**/*}.html', { cwd: built })
const textOf = (path: string): string => readFileSync(join(built, path), 'utf8')

test('the site has a page for each page of the documentation', () => {
  const docs = join(built, '../..')
  const sources = globSync(['*.md', '*/*.md'], { cwd: docs, exclude: ['site/**', 'reference/**'] })
  expect(sources.length).toBeGreaterThan(15)
  for (const source of sources) expect(pages).toContain(source.replace(/md$/, 'html'))
})

test('comments for the tests of a page are not in it', () => {
  for (const path of pages) expect(textOf(path), path).not.toMatch(/(prelude|afterwards): ?\S/)
  expect(textOf('tools.html')).toContain('createStream')
})

test('every link inside the site leads to a file, also into the reference', () => {
  const dead: string[] = []
  let count = 0
  for (const path of pages) {
    for (const [, href = ''] of textOf(path).matchAll(/<a [^>]*href="([^"#]+)/g)) {
      if (/^[a-z]+:/.test(href)) continue
      count++
      const { pathname } = new URL(href, `http://site/${path}`)
      const file = decodeURIComponent(pathname).replace(/\/$/, '/index.html')
      if (!existsSync(join(built, file))) dead.push(`${path}: ${href}`)
    }
  }
  expect(count).toBeGreaterThan(100)
  expect(dead).toEqual([])
})

test('links to files of the repository lead to the repository', () => {
  expect(textOf('tools.html')).toMatch(/href="https:\/\/[^"]+\/blob\/main\/examples\/tools\.ts"/)
})

test('search finds a page by its words', async () => {
  await using visitor = await arrive()
  const { page } = visitor
  await page.goto(site.origin)
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('searchbox').fill('circuit breaker')
  await page.locator('a.result').first().waitFor()
  const links = await page
    .locator('a.result')
    .evaluateAll((found) => found.map((link) => link.getAttribute('href')))
  expect(links.join('\n')).toContain('/retries.html')
})

test('the home page has what was recorded, and each cell plays', async () => {
  await using visitor = await arrive()
  const { page } = visitor
  await page.goto(site.origin)
  const table = page.getByRole('table')
  await table.getByText('half, as an end').first().waitFor()
  expect(await violationsOf(page)).toEqual([])
  await takePicture(page, 'home-light')
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await violationsOf(page)).toEqual([])
  await table.getByRole('row', { name: 'Anthropic sluice' }).getByText('whole').nth(2).click()
  await page.getByRole('radio', { name: 'The body ends early', checked: true }).waitFor()
  await visitor.runButton.click()
  expect((await visitor.finished()).events[0]).toContain('anthropic')
})

test('the reference opens from the site', async () => {
  await using visitor = await arrive()
  const { page } = visitor
  await page.goto(site.origin)
  await page.getByRole('link', { name: 'Reference' }).click()
  await page
    .getByRole('heading', { name: /sluice/ })
    .first()
    .waitFor()
  expect(page.url()).toContain('/reference/')
  await page.getByRole('link', { name: 'Playground' }).click()
  await visitor.runButton.waitFor()
})

test('a window of 320 pixels has no horizontal scroll, on any page', async () => {
  await using visitor = await arrive()
  const { page } = visitor
  await page.setViewportSize({ width: 320, height: 640 })
  const wide: string[] = []
  for (const path of pages) {
    await page.goto(`${site.origin}/${path}`)
    if ((await overflowOf(page)) > 0) wide.push(path)
  }
  expect(wide).toEqual([])
})
