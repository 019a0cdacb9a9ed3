import { createChat } from 'sluice/client'
import { hydrate } from './vue.ts'

Object.assign(globalThis, { page: { hydrate, createChat } })
