/**
 * What the pages say is true: their code compiles and runs, their commands exist, their links lead somewhere.
 */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { readAddress } from '../../scripts/address.ts'
import { redisPresent, startRedis } from '../support/redis.js'
import { type Block, blocksOf, pages, root } from './blocks.js'
import { Project } from './project.js'

const blocks = pages.flatMap((page) => blocksOf(page))
const isCode = ({ language }: Block): boolean => /^[tj]sx?$/.test(language)
const checked = blocks.filter(
  ({ file, notChecked }) => file === undefined && notChecked === undefined,
)

// A block without a language is a picture made of letters.
test('every block is code, commands or JSON, or says why it is not checked', () => {
  const strangers = checked.filter(
    (block) => !isCode(block) && !['json', 'sh', 'text', ''].includes(block.language),
  )
  expect(strangers.map(({ page, line, language }) => `${page}:${line} ${language}`)).toEqual([])
  expect(blocks.filter(isCode).length).toBeGreaterThan(20)
})

test.skipIf(!redisPresent)(
  'code compiles under strict types, and runs',
  async () => {
    await using project = await Project.of(checked.filter(isCode))
    expect(await project.compile()).toEqual([])
    const redis = await startRedis()
    try {
      const keys = { OPENAI_API_KEY: 'any', ANTHROPIC_API_KEY: 'any', GEMINI_API_KEY: 'any' }
      expect(await project.run({ ...keys, GROQ_API_KEY: 'any', REDIS_URL: redis.url })).toEqual([])
    } finally {
      await redis.stop()
    }
  },
  120_000,
)

test('code that does not compile, or fails, is told with its line', async () => {
  const page = 'page.md'
  const text = [
    "<!-- prelude: import { createStream } from 'sluice'\nimport { driver } from '#given' -->",
    '```ts\ncreateStream({ driver, promt: 1 })\n```',
    '```ts\nawait Promise.reject(new Error("so"))\n```',
  ]
  await using project = await Project.of(blocksOf(page, text.join('\n')))
  expect(await project.compile()).toEqual([expect.stringMatching(/^page\.md\(4,24\).*promt/)])
  expect(await project.run({})).toEqual([
    expect.stringMatching(/^page\.md:4: .*Unknown option "promt"/),
    expect.stringMatching(/^page\.md:7: .*so/),
  ])
}, 60_000)

interface Manifest {
  scripts: Record<string, string>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
  devDependencies: Record<string, string>
}
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest

/** What is wrong with a line of the shell, as far as a look can tell. */
function complaint(line: string): string | undefined {
  const [command = '', first = '', ...rest] = line.replace(/\s+#.*/, '').split(' ')
  if (command.includes('/') && existsSync(join(root, command))) return undefined
  if (command !== 'npm') return 'say why it is not checked'
  if (first === 'install') {
    const { dependencies, peerDependencies, devDependencies } = manifest
    const known = { sluice: '', ...dependencies, ...peerDependencies, ...devDependencies }
    const unknown = rest.filter((name) => !name.startsWith('-') && !Object.hasOwn(known, name))
    return unknown.length > 0 ? `${unknown.join()} is not tested here` : undefined
  }
  const scripts: Record<string, string> = { ci: '', ...manifest.scripts }
  const script = first === 'run' ? (rest.shift() ?? '') : first
  if (first === '--prefix') {
    const folder = rest.shift() ?? ''
    return existsSync(join(root, folder, 'package.json')) ? undefined : `${folder} has no package`
  }
  if (!Object.hasOwn(scripts, script)) return `there is no script ${script}`
  const [file] = rest
  return script === 'example' && !existsSync(root + file) ? `there is no ${file}` : undefined
}

/** A test of its own runs the commands of a page that has the files of a project. */
const projects = new Set(blocks.flatMap(({ page, file }) => (file === undefined ? [] : [page])))

test('commands exist', () => {
  expect([...projects]).toEqual(['docs/getting-started.md', 'docs/recipes/frameworks.md'])
  const complaints = checked
    .filter(({ language, notRun, page }) => {
      return language === 'sh' && notRun === undefined && !projects.has(page)
    })
    .flatMap(({ page, line, code }) =>
      code
        .split('\n')
        .flatMap((text, index) => text.split(' && ').map((part) => [line + index, part] as const))
        .map(([number, part]) => [`${page}:${number}`, complaint(part)] as const),
    )
  expect(complaints.filter(([, text]) => text !== undefined)).toEqual([])
  expect(complaints.length).toBeGreaterThan(1)
})

test('JSON is JSON', () => {
  for (const { language, code } of checked) if (language === 'json') JSON.parse(code)
})

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(page: string): string[] {
  const text = readFileSync(page, 'utf8').replaceAll(/^```[^]*?^```/gm, '')
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('links into the repository lead to a file, and to a heading', () => {
  const broken: string[] = []
  let count = 0
  // npm shows README and CHANGELOG without the repository around them, so their links are whole.
  const prefixes = ['blob', 'tree', 'raw'].map((kind) => `${readAddress()}/${kind}/main/`)
  for (const page of pages) {
    const text = readFileSync(root + page, 'utf8').replaceAll(/^```[^]*?^```/gm, '')
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)) {
      const prefix = prefixes.find((each) => target.startsWith(each))
      if (target === '' || (/^[a-z]+:/.test(target) && prefix === undefined)) continue
      count++
      const [path = '', anchor] = target.slice(prefix?.length ?? 0).split('#')
      const folder = prefix === undefined ? dirname(page) : ''
      const file = path === '' ? root + page : normalize(join(root, folder, path))
      if (!existsSync(file)) broken.push(`${page}: ${target}`)
      else if (anchor !== undefined && !anchorsOf(file).includes(anchor)) {
        broken.push(`${page}: ${target}`)
      }
    }
  }
  expect(broken).toEqual([])
  expect(count).toBeGreaterThan(10)
})
