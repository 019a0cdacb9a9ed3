import { createChat } from 'sluice/client'
import { mount } from '../../examples/frameworks/svelte.ts'

Object.assign(globalThis, { page: { mount, createChat } })
