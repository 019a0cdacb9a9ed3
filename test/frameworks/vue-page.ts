import { createChat } from 'sluice/client'
import { mount } from '../../examples/frameworks/vue.ts'

Object.assign(globalThis, { page: { mount, createChat } })
