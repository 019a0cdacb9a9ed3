/**
 * The page: the list of conversations, and one of them.
 */

import { useCallback, useEffect, useState } from 'react'
import { closeChat } from './chat/open-chat.ts'
import { providers, setProvider, useProvider } from './chat/provider.ts'
import { Announcer } from './components/announcer.tsx'
import { Conversation } from './components/conversation.tsx'
import { Drawer } from './components/drawer.tsx'
import { IconButton } from './components/icon-button.tsx'
import { Sidebar } from './components/sidebar.tsx'
import { keepFocus } from './hooks/keep-focus.ts'
import { useConversationId } from './hooks/use-conversation-id.ts'
import { useConversations } from './hooks/use-conversations.ts'
import { useMedia } from './hooks/use-media.ts'

export function App() {
  const [place, { open, openNew, keep }] = useConversationId()
  const conversations = useConversations()
  const provider = useProvider()
  const isWide = useMedia('(min-width: 800px)')
  const [isDrawerOpen, setDrawerOpen] = useState(false)
  useEffect(() => keepFocus(), [])

  const { id } = place
  const { refresh, list } = conversations
  const title = list?.find((one) => one.id === id)?.title
  useEffect(() => {
    document.title = title === undefined ? 'Chat' : `${title} – Chat`
  }, [title])
  const onBegin = useCallback(() => keep(id), [id, keep])
  const onActivity = useCallback(() => void refresh(), [refresh])
  const sidebar = (
    <Sidebar
      conversations={conversations}
      currentId={id}
      onOpen={(opened) => {
        setDrawerOpen(false)
        open(opened)
      }}
      onNew={() => {
        setDrawerOpen(false)
        openNew()
      }}
      onRemoved={(removed) => {
        closeChat(removed)
        if (removed === id) openNew()
      }}
    />
  )
  return (
    <div className="app">
      {isWide ? (
        <aside>{sidebar}</aside>
      ) : (
        <Drawer label="Chats" isOpen={isDrawerOpen} onClose={() => setDrawerOpen(false)}>
          {sidebar}
        </Drawer>
      )}
      <main>
        <header>
          {!isWide && (
            <IconButton icon="menu" label="Open the chats" onClick={() => setDrawerOpen(true)} />
          )}
          <h1>{title ?? 'New chat'}</h1>
          <label className="provider">
            <span className="unseen">Model</span>
            <select value={provider} onChange={({ target }) => setProvider(target.value)}>
              {Object.entries(providers).map(([name, label]) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          {!isWide && <IconButton icon="plus" label="New chat" onClick={openNew} />}
        </header>
        {/* Another key is another conversation. */}
        <Conversation
          key={id}
          id={id}
          isNew={place.isNew}
          onBegin={onBegin}
          onActivity={onActivity}
        />
      </main>
      <Announcer />
    </div>
  )
}
