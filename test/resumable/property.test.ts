import { test } from 'vitest'
import { createResumable, memoryLog } from '../../src/entries/resumable.js'
import { checkProperty } from './property.js'

test('every follower reads every event once and in order, however often it reconnects', async () => {
  const log = memoryLog()
  await checkProperty([createResumable({ log }), createResumable({ log })], 300)
}, 30_000)
