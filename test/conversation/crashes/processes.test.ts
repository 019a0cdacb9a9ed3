import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'
import { LineProcess } from '../../support/line-process.js'
import { type Place, placeNotes, places, sharedPlaceNames } from '../../support/places.js'
import { checkResumed, rows } from './rows.js'

const present = sharedPlaceNames.map((name) => [name, placeNotes[name]] as const)

describe.each(present)('with %s, a turn whose process was killed%s', (name, note) => {
  let place: Place
  let folder = ''
  beforeAll(async () => {
    if (note !== '') return
    place = await places[name]()
  }, 60_000)
  afterAll(() => place?.remove())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crash-'))
  })
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true })
    if (note !== '') return
    const { store, close } = place.open()
    await store.clear('c')
    await close()
  })

  test.skipIf(note !== '').each(rows)(
    'at "%s", with once %s, ends elsewhere, whole and once',
    async (...row) => {
      const [point, once] = row
      const effects = join(folder, 'effects')
      const parameters = { address: place.address, effects, point, once }
      const child = new LineProcess('crash-child.ts', parameters)
      await child.line('reached')
      await child.kill()
      const seen = existsSync(effects) ? readFileSync(effects, 'utf8').trim().split('\n') : []
      const { store, close } = place.open()
      await checkResumed(store, row, seen)
      await close()
    },
    30_000,
  )
})
