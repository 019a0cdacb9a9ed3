import { createChat } from 'sluice/client'
import { mount } from '../../examples/frameworks/solid.ts'

Object.assign(globalThis, { page: { mount, createChat } })
