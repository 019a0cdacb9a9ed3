import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('react-native.ts', import.meta.url))

test('a conversation needs nothing that React Native lacks but a fetch that streams, and says so', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--no-warnings', script])
  expect(stderr).toBe('')
  expect(stdout.trim().split('\n')).toEqual([
    'streaming: ["Hi",[{"type":"text","text":"One two"}]]',
    expect.stringMatching(/^without a body: setup: .*fetch does not stream/),
    'kept: 0',
  ])
})
