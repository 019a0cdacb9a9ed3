/**
 * Pages and comments name files of the repository. A file that was moved or removed is a failure here.
 */

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './blocks.js'

const pages = globSync(
  ['*.md', 'docs/*.md', 'docs/{providers,recipes}/*.md', 'examples/**/README.md'],
  {
    cwd: root,
    // It tells of earlier versions too.
    exclude: ['CHANGELOG.md', '**/node_modules/**'],
  },
)
const code = globSync('{src,test,examples,bench,scripts,docs}/**/*.{ts,tsx,js,mjs}', {
  cwd: root,
  exclude: [
    '**/node_modules/**',
    '**/dist/**',
    'docs/reference/html/**',
    '**/.next/**',
    '**/.projects/**',
  ],
})

/** Not in a checkout. */
const elsewhere = new Set([
  // In the project of a reader.
  'test/cassettes/hello.json',
  'src/routes/',
  'src/routes/chat/',
  // Made by `npm --prefix docs/reference start`.
  'docs/reference/html/index.html',
])

const path =
  /(?<![\w/.@$~{}:-])(?:\.{1,2}\/)*(?:src|test|examples|docs|bench|scripts)\/[\w./<>*{}-]*/g
const comment = /(?<=^|\s)(?:\/\*[^]*?\*\/|\/\/.*)/gm

/** The paths that this text names and that lead nowhere, from the root or from the folder of the file. */
function deadPaths(file: string, text: string): string[] {
  const words = [...text.matchAll(path)].map(([word]) => word.replace(/\.+$/, ''))
  return words
    .filter((word) => !elsewhere.has(word))
    .filter((word) => {
      // A path with a placeholder, such as `test/formats/<name>.test.ts`, names the folder before it.
      const [fixed = ''] = word.split(/[^/]*[<*{]/)
      return !existsSync(join(root, fixed)) && !existsSync(join(root, dirname(file), fixed))
    })
    .map((word) => `${file}: ${word}`)
}

test('every path in a page of the documentation leads to a file of the repository', () => {
  const dead = pages.flatMap((file) => deadPaths(file, readFileSync(join(root, file), 'utf8')))
  expect(pages).toContain('docs/testing.md')
  expect(pages).toContain('docs/providers/openai.md')
  expect(dead).toEqual([])
})

test('every path in a comment of the code leads to a file of the repository', () => {
  const dead = code.flatMap((file) => {
    const comments = readFileSync(join(root, file), 'utf8').match(comment) ?? []
    return deadPaths(file, comments.join('\n'))
  })
  expect(code.length).toBeGreaterThan(300)
  expect(dead).toEqual([])
})

test('a path that leads nowhere is found, in words and in code spans, with a placeholder or without', () => {
  const dead = (text: string): string[] => deadPaths('docs/page.md', text)
  expect(dead('See `src/gone.ts`, src/gone/<name>.ts and ./src/gone/.')).toEqual([
    'docs/page.md: src/gone.ts',
    'docs/page.md: src/gone/<name>.ts',
    'docs/page.md: ./src/gone/',
  ])
  expect(dead('`src/entries/index.ts`, test/docs/<name>.test.ts, ../src, src/**/*.ts.')).toEqual([])
  expect(dead('https://example.test/src/gone.ts, a-test/gone, `@x/src/gone`')).toEqual([])
})
