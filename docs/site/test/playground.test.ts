import { readFileSync } from 'node:fs'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, takePicture } from '../../../test/support/browser.ts'
import { keyOf, type Recording } from '../playground/recorded.ts'
import {
  answerText,
  type ScenarioName,
  scenarios,
  toolFailure,
  type WireName,
  wires,
} from '../playground/scenarios.ts'
import { defaults, formatSettings } from '../playground/settings.ts'
import { overflowOf, type Site, serveSite, violationsOf } from './site.ts'
import { typesOf, Visitor } from './visitor.ts'

const recording = JSON.parse(
  readFileSync(new URL('../playground/recorded.json', import.meta.url), 'utf8'),
) as Recording
const wireNames = Object.keys(wires) as WireName[]
const half = 'Tides come from the moon: it pulls the'

let site: Site
let browser: Browser

beforeAll(async () => {
  site = await serveSite()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await site?.[Symbol.asyncDispose]()
  expect(site.missing).toEqual([])
})

const arrive = (options: BrowserContextOptions = {}) =>
  Visitor.arrive(browser, site.origin, options)

const restarted = 'start content retry content complete'

test.for(wireNames)(
  'an answer on the wire %s fails in every way, and is whole in the end',
  async (wire) => {
    await using visitor = await arrive()
    const whole = await visitor.play({ wire, scenario: 'whole' })
    expect(typesOf(whole)).toBe('start content complete')
    expect(whole).toMatchObject({ text: answerText, discarded: '' })
    for (const scenario of ['cut', 'end', 'error', 'stall'] as const) {
      const seen = await visitor.play({ wire, scenario })
      expect(typesOf(seen), scenario).toBe(restarted)
      expect(seen, scenario).toMatchObject({ text: answerText, discarded: half })
    }
    const refused = await visitor.play({ wire, scenario: 'status' })
    expect(typesOf(refused)).toBe('start retry content complete')
    expect(refused.text).toBe(answerText)
  },
)

test.for(wireNames)(
  'no tool runs twice on the wire %s, and no words of its error are seen',
  async (wire) => {
    await using visitor = await arrive()
    const cut = await visitor.play({ wire, scenario: 'tools-cut' })
    expect(typesOf(cut)).toBe(restarted)
    expect(cut).toMatchObject({ text: answerText, discarded: half })
    expect(cut.events.filter((event) => event.includes('tool-result'))).toHaveLength(1)
    expect(cut.events.find((event) => event.startsWith('retry'))).toMatch(/from block [1-9]/)

    const failed = await visitor.play({ wire, scenario: 'tool-fails' })
    expect(typesOf(failed)).toBe('start content complete')
    expect(await visitor.message.textContent()).toContain('The tool failed.')
    for (const name of [
      'The bytes of the wire',
      'The events',
      'The message, as a reader sees it',
    ]) {
      expect(await visitor.panel(name).textContent(), name).not.toContain(toolFailure)
    }
  },
)

test.for(wireNames)(
  'a second worker finishes the answer of a terminated one on the wire %s',
  async (wire) => {
    await using visitor = await arrive()
    for (const afterContent of ['restart', 'continue'] as const) {
      const seen = await visitor.play({ wire, scenario: 'killed', paceMs: 80, afterContent })
      expect(typesOf(seen)).toBe(restarted)
      const retry = seen.events.find((event) => event.startsWith('retry'))
      expect(retry).toContain(`interrupted: ${afterContent}`)
      expect(seen.text).toBe(answerText)
      expect(seen.discarded).toBe(afterContent === 'restart' ? half : '')
      const wireText = await visitor.panel('The bytes of the wire').textContent()
      expect(wireText).toContain('worker 1 terminated')
      expect(wireText?.match(/POST /g)).toHaveLength(2)
    }
  },
)

test('with "continue" nothing is discarded', async () => {
  await using visitor = await arrive()
  const seen = await visitor.play({ scenario: 'cut', afterContent: 'continue' })
  expect(typesOf(seen)).toBe(restarted)
  expect(seen).toMatchObject({ text: answerText, discarded: '' })
})

test('with "fail", and without retries, a cut answer ends with error and what has come', async () => {
  await using visitor = await arrive()
  for (const settings of [{ afterContent: 'fail' }, { maxRetries: 0 }] as const) {
    const seen = await visitor.play({ scenario: 'cut', ...settings })
    expect(typesOf(seen)).toBe('start content error')
    expect(seen).toMatchObject({ text: half, discarded: '' })
    await visitor.message.getByText('Broke off: network').waitFor()
  }
})

test('with a buffer that is large enough, a cut answer shows nothing that is discarded', async () => {
  await using visitor = await arrive()
  const seen = await visitor.play({ scenario: 'cut', holdBackChars: 60 })
  expect(typesOf(seen)).toBe('start retry content complete')
  expect(seen).toMatchObject({ text: answerText, discarded: '' })
})

test('with a fallback, the second provider answers', async () => {
  await using visitor = await arrive()
  const seen = await visitor.play({ scenario: 'cut', fallback: true })
  expect(typesOf(seen)).toBe(restarted)
  const wire = await visitor.panel('The bytes of the wire').textContent()
  expect(wire).toContain('POST second.example/v1/chat/completions')
})

test('the recorded panel shows what was recorded, for each wire and scenario', async () => {
  await using visitor = await arrive()
  await visitor.open({})
  const played = wireNames.flatMap((wire) =>
    (Object.keys(scenarios) as ScenarioName[]).map((scenario) => ({ wire, scenario, words: 4 })),
  )
  const hashes = played.map((each) => formatSettings({ ...defaults, ...each }))
  const shown = await visitor.page.evaluate(textsOfRecordings, hashes)
  for (const [place, { wire, scenario, words }] of played.entries()) {
    const recorded = recording.outcomes[keyOf({ wire, scenario, words })] ?? []
    const others = recorded.filter(({ library }) => library !== 'sluice')
    expect(others.length, `${wire} ${scenario}`).toBeGreaterThan(0)
    const texts = shown[place] ?? []
    expect(texts, `${wire} ${scenario}`).toHaveLength(others.length)
    for (const [index, { library, version, text, report = '' }] of others.entries()) {
      for (const part of [library, version, text, report]) expect(texts[index]).toContain(part)
    }
  }
  expect(await visitor.panel('Other libraries, recorded').textContent()).toContain(recording.date)
})

/** Runs in the page. */
async function textsOfRecordings(hashes: string[]): Promise<string[][]> {
  const shown: string[][] = []
  for (const hash of hashes) {
    await new Promise((resolve) => {
      addEventListener('hashchange', resolve, { once: true })
      location.hash = hash
    })
    await new Promise(requestAnimationFrame)
    const articles = document.querySelectorAll('.recorded article')
    shown.push([...articles].map((article) => article.textContent))
  }
  return shown
}

test('a link holds the settings, and a run can be repeated', async () => {
  await using visitor = await arrive()
  await visitor.open({})
  await visitor.page.getByLabel('The body ends early').check()
  await visitor.page.getByLabel('Wire format').selectOption('Anthropic')
  await visitor.page.getByLabel('retry.afterContent').selectOption('continue')
  const url = visitor.page.url()
  expect(url).toContain('wire=anthropic&scenario=end')
  await visitor.page.goto('about:blank')
  await visitor.page.goto(url)
  await visitor.runButton.click()
  const first = await visitor.finished()
  expect(first.events[0]).toContain('anthropic')
  expect(first.events.some((event) => event.includes('interrupted: continue'))).toBe(true)
  await visitor.page.getByRole('button', { name: 'Run again' }).click()
  expect(typesOf(await visitor.finished())).toBe(typesOf(first))
})

test('a page without reduced motion plays at once, and stops on request', async () => {
  await using visitor = await arrive()
  await visitor.page.emulateMedia({ reducedMotion: 'no-preference' })
  await visitor.page.goto(`${site.origin}/playground.html#paceMs=300`)
  await visitor.message.getByText('Tides come').waitFor()
  await visitor.page.getByRole('button', { name: 'Stop' }).click()
  expect(typesOf(await visitor.finished())).toBe('start content error')
  await visitor.message.getByText('Broke off: aborted').waitFor()
})

test('everything is reached and run by the keyboard', async () => {
  await using visitor = await arrive()
  await visitor.open({})
  await visitor.page.getByRole('radio', { name: 'The connection is cut' }).focus()
  await visitor.page.keyboard.press('ArrowDown')
  expect(await visitor.page.getByRole('radio', { name: 'The body ends early' }).isChecked()).toBe(
    true,
  )
  const button = visitor.runButton
  while (!(await button.evaluate((element) => element === document.activeElement))) {
    await visitor.page.keyboard.press('Tab')
  }
  await visitor.page.keyboard.press('Enter')
  expect(typesOf(await visitor.finished())).toBe(restarted)
  await visitor.page
    .getByRole('status')
    .getByText('Ended with complete, after 2 requests.')
    .waitFor()
})

test('the code that is shown is copied as it is', async () => {
  await using visitor = await arrive()
  await visitor.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await visitor.open({ scenario: 'tools-cut', maxRetries: 1 })
  await visitor.page.getByRole('button', { name: 'Copy code' }).click()
  await visitor.page.getByRole('button', { name: 'Copied' }).waitFor()
  const code = await visitor.page.evaluate(() => navigator.clipboard.readText())
  expect(code).toContain('retry: { maxRetries: 1 }')
  expect(code).toBe(await visitor.panel('The code that does this').textContent())
})

test.for([
  ['light', 'cut', 'killed'],
  ['dark', 'end', 'tool-fails'],
] as const)('axe finds nothing in the %s page', async ([colorScheme, ...names]) => {
  await using visitor = await arrive({ colorScheme })
  for (const scenario of names) {
    await visitor.play({ scenario })
    expect(await violationsOf(visitor.page)).toEqual([])
  }
  await takePicture(visitor.page, `playground-${colorScheme}`)
})

test('a window of 320 pixels has no horizontal scroll', async () => {
  await using visitor = await arrive({ viewport: { width: 320, height: 640 } })
  for (const scenario of ['cut', 'tools-cut', 'killed'] as const) {
    await visitor.play({ scenario })
    expect(await overflowOf(visitor.page), scenario).toBe(0)
  }
  await visitor.page.getByText('Wire format and policy').click()
  expect(await overflowOf(visitor.page)).toBe(0)
  await takePicture(visitor.page, 'playground-320')
})
