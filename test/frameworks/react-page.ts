import { createChat } from 'sluice/client'
import { mount } from '../../examples/frameworks/react.tsx'

Object.assign(globalThis, { page: { mount, createChat } })
