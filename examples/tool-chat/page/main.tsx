import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Chat } from './chat.tsx'

createRoot(document.querySelector('#root') as Element).render(
  <StrictMode>
    <Chat />
  </StrictMode>,
)
