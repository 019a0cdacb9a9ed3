import { StreamError } from 'sluice'
import { describe, expect, test } from 'vitest'
import {
  type ConversationChange,
  type ConversationStore,
  createConversation,
  memoryStore,
  type StoredConversation,
} from '../../src/entries/conversation.js'
import { collect } from '../support/collect.js'
import { playing, type saying } from '../support/turns.js'

type Script = ReturnType<typeof saying>

/** A conversation in a store that gives titles. */
function start(...answers: readonly Script[]) {
  const inner = memoryStore()
  const titles = new Map<string, string>()
  const written: (string | undefined)[] = []
  const store: ConversationStore = {
    lock: (id, options) => inner.lock(id, options),
    async clear(id) {
      await inner.clear(id)
      titles.delete(id)
    },
    async load(id): Promise<StoredConversation> {
      const title = titles.get(id)
      return { ...(await inner.load(id)), ...(title === undefined ? {} : { title }) }
    },
    async write(id, change: ConversationChange, version) {
      const next = await inner.write(id, change, version)
      written.push(change.title)
      if (change.title !== undefined) titles.set(id, change.title)
      return next
    },
  }
  const { driver } = playing(...answers)
  const conversation = createConversation({ id: 'c', store, driver, retry: false })
  return { conversation, titles, written }
}

describe('the title of a conversation', () => {
  test('is its first question, from the first write on', async () => {
    const { conversation, titles, written } = start()
    await conversation.send('Why is\n  the sky blue?').text()
    await conversation.send('And the sea?').text()
    expect(titles.get('c')).toBe('Why is the sky blue?')
    expect(written[0]).toBe('Why is the sky blue?')
    expect(written.slice(1)).toEqual([undefined, undefined, undefined])
    expect(await conversation.read()).toMatchObject({ title: 'Why is the sky blue?' })
  })

  test.each([
    ['w'.repeat(60), 'w'.repeat(60)],
    ['w'.repeat(61), `${'w'.repeat(60)}…`],
    ['word '.repeat(12), 'word '.repeat(12).trim()],
    ['word '.repeat(13), `${'word '.repeat(12).trim()}…`],
    [`${'w'.repeat(59)}😀😀`, `${'w'.repeat(59)}…`],
    [`${' '.repeat(10_000)}far`, 'far'],
  ])('is one line that ends at a word: %j', async (question, title) => {
    const { conversation, titles } = start()
    await conversation.send(question).text()
    expect(titles.get('c')).toBe(title)
  })

  test('is the first text of a question in parts, and absent without text', async () => {
    const image = { type: 'image', data: 'aGk=', mediaType: 'image/png' } as const
    const first = start()
    await first.conversation.send([image, { type: 'text', text: 'What is this?' }]).text()
    expect(first.titles.get('c')).toBe('What is this?')
    const second = start()
    await second.conversation.send([image]).text()
    expect(second.titles.has('c')).toBe(false)
  })

  test('stays as it was renamed, also when the first question is edited', async () => {
    const { conversation, titles } = start()
    await conversation.send('Hi').text()
    await conversation.rename('Greetings')
    const [first] = await conversation.messages()
    await conversation.edit(first?.id ?? '', 'Hello').text()
    await conversation.send('And?').text()
    expect(titles.get('c')).toBe('Greetings')
    await expect(conversation.rename('')).rejects.toThrow(TypeError)
  })

  test('stays that of a question whose turn failed', async () => {
    const { conversation, titles } = start([new StreamError('auth', 'No.')])
    await collect(conversation.send('Hi'))
    await conversation.send('And?').text()
    expect(titles.get('c')).toBe('Hi')
  })

  test('goes to a fork', async () => {
    const { conversation, titles } = start()
    await conversation.send('Hi').text()
    await conversation.rename('Greetings')
    await conversation.fork('d')
    expect(titles.get('d')).toBe('Greetings')
  })

  test('is a new one after clear()', async () => {
    const { conversation, titles } = start()
    await conversation.send('Hi').text()
    await conversation.clear()
    await conversation.send('Bye').text()
    expect(titles.get('c')).toBe('Bye')
  })

  test('can be written while a turn runs, without harm to the turn', async () => {
    const { conversation, titles } = start(['Half ', { waitMs: 20 }, 'whole'])
    let renamed: Promise<void> | undefined
    for await (const event of conversation.send('Hi')) {
      if (event.type === 'content') renamed ??= conversation.rename('Greetings')
      if (event.type === 'error') throw event.error
    }
    await renamed
    expect(titles.get('c')).toBe('Greetings')
  })
})
