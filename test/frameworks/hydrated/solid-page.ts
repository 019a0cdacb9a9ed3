import { createChat } from 'sluice/client'
import { hydrate } from './solid.ts'

Object.assign(globalThis, { page: { hydrate, createChat } })
