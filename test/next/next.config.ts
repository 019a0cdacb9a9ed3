import { join } from 'node:path'

// The package under test lies two folders up, and is linked.
const root = join(import.meta.dirname, '..', '..')

export default { outputFileTracingRoot: root, turbopack: { root } }
