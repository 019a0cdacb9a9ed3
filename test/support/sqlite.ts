import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { SqliteDatabase } from '../../src/entries/sqlite.js'

type Handle = SqliteDatabase & { close(): void }

// The package has no types.
const BetterSqlite = createRequire(import.meta.url)('better-sqlite3') as new (
  path: string,
) => Handle

/** Opens a file, by each package. */
export const handles: Record<'node:sqlite' | 'better-sqlite3', (path: string) => Handle> = {
  'node:sqlite': (path) => new DatabaseSync(path),
  'better-sqlite3': (path) => new BetterSqlite(path),
}

export type HandleName = keyof typeof handles

export interface SqliteFile {
  readonly path: string
  open(name?: HandleName): Handle
  /** Closes all handles, and deletes the file. */
  remove(): void
}

export function sqliteFile(): SqliteFile {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-'))
  const path = join(folder, 'test.db')
  const open: Handle[] = []
  return {
    path,
    open(name = 'node:sqlite') {
      const handle = handles[name](path)
      open.push(handle)
      return handle
    },
    remove() {
      for (const handle of open) handle.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
