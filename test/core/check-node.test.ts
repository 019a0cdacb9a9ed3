import { expect, test } from 'vitest'
import { checkNode } from '../../src/core/check-node.js'

test.each(['20.20.2', '22.11.9', '18.0.0', '22.0.0'])('Node %s is refused by name', (version) => {
  expect(() => checkNode(version)).toThrow(
    `sluice needs Node 22.12 or later. This is Node v${version}.`,
  )
  expect(() => checkNode(version)).toThrow(expect.objectContaining({ code: 'setup' }))
})

test.each(['22.12.0', '22.23.1', '24.0.0', '100.1.0', undefined])('%s is accepted', (version) => {
  expect(() => checkNode(version)).not.toThrow()
})
