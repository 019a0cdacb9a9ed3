import { memoryStore } from 'sluice/conversation'
import { describe, test } from 'vitest'
import { takeCrashTurn } from '../../support/crash-turn.js'
import { Gate } from '../../support/gate.js'
import { checkResumed, rows } from './rows.js'

describe('with memory, a turn that nobody continues', () => {
  test.each(rows)('at "%s", with once %s, ends elsewhere, whole and once', async (...row) => {
    const [point, once] = row
    const store = memoryStore()
    const gate = new Gate()
    const effects: string[] = []
    await new Promise<void>((resolve) => {
      const effect = (key: string): void => void effects.push(key)
      const settings = { store: gate.guard(store), point, once, effect, onReached: resolve }
      // It renews its lock no more, and never ends.
      void takeCrashTurn(settings)
    })
    gate.kill()
    await checkResumed(store, row, effects)
  })
})
