/**
 * The start of the page.
 */

import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { Chat } from './chat.tsx'
import { newSession, openSession, type Session } from './session.ts'

function Page() {
  const [session, setSession] = useState<Session>(openSession)
  // Another key is another conversation.
  return <Chat key={session.id} session={session} onNew={() => setSession(newSession())} />
}

createRoot(document.querySelector('#root') as Element).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
