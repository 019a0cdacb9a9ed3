/**
 * What streaming one answer brings along with each library: bundled for a server or an edge runtime, minified, compressed with gzip.
 */

import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { table } from '../table.ts'

const uses: Record<string, string> = {
  'sluice, `compatible`': `
    export { createStream, sse } from 'sluice'
    export { compatible } from 'sluice/compatible'`,
  openai: `export { default } from 'openai'`,
  '@anthropic-ai/sdk': `export { default } from '@anthropic-ai/sdk'`,
  'ai, @ai-sdk/openai': `
    export { streamText } from 'ai'
    export { createOpenAI } from '@ai-sdk/openai'`,
  'TanStack AI, its OpenAI adapter': `
    export { chat, toServerSentEventsResponse } from '@tanstack/ai'
    export { createOpenaiChatCompletions } from '@tanstack/ai-openai'`,
  'LangChain, ChatOpenAI': `export { ChatOpenAI } from '@langchain/openai'`,
  'pi-ai, OpenAI completions': `export { stream } from '@earendil-works/pi-ai/api/openai-completions'`,
}

/** @returns a table, as Markdown */
export async function sizesTable(): Promise<string> {
  const rows: string[][] = []
  for (const [name, contents] of Object.entries(uses)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      write: false,
      logLevel: 'silent',
    })
    const bytes = outputFiles.reduce((sum, { contents: file }) => sum + gzipSync(file).length, 0)
    rows.push([name, `${(bytes / 1000).toFixed(0)} kB`])
  }
  return table(['', 'min+gzip, in one file'], rows)
}
