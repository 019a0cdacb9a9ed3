import { describe, expect, test, vi } from 'vitest'
import { createConversation, memoryStore } from '../../src/entries/conversation.js'
import { createStream, StreamError } from '../../src/entries/index.js'
import { createResumable, memoryLog } from '../../src/entries/resumable.js'
import { scripted } from '../../src/entries/testing.js'
import { readRest, Speaker } from './support.js'

const aborted = { type: 'error', error: { code: 'aborted' } }

describe('a stream that is stopped before it is published', () => {
  test('ends with aborted, and nothing is sent to the provider', async () => {
    const resumable = createResumable({ log: memoryLog() })
    expect(await resumable.stop('s')).toBe(false)
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    expect(await ended).toMatchObject(aborted)
    await expect(speaker.stream.final()).rejects.toMatchObject(aborted.error)
    expect(speaker.asked).toBe(0)
    expect(await readRest(resumable, 's')).toMatchObject([{ type: 'start' }, aborted])
  })

  test('can be stopped and published several times', async () => {
    const log = memoryLog()
    const processes = [createResumable({ log }), createResumable({ log })] as const
    await Promise.all(processes.map((resumable) => resumable.stop('s')))
    for (const resumable of processes) {
      const { ended } = await resumable.publish('s', new Speaker().stream)
      expect(await ended).toMatchObject(aborted)
    }
    expect(await readRest(processes[0], 's')).toHaveLength(2)
  })

  test('ends also if the process that stopped it died in between', async () => {
    const log = memoryLog()
    const append = vi.spyOn(log, 'append').mockRejectedValueOnce(new Error('killed'))
    const resumable = createResumable({ log })
    await expect(resumable.stop('s')).rejects.toMatchObject({ code: 'store' })
    const { ended } = await resumable.publish('s', new Speaker().stream)
    expect(await ended).toMatchObject(aborted)
    expect(append).toHaveBeenCalledTimes(2)
  })

  test('is one of many: of a stop and a publish at once, the stream ends in either order', async () => {
    for (let round = 0; round < 50; round++) {
      const resumable = createResumable({ log: memoryLog() })
      const speaker = new Speaker()
      const first = round % 2 === 0
      const stop = first ? resumable.stop('s') : undefined
      const published = resumable.publish('s', speaker.stream)
      await (stop ?? resumable.stop('s'))
      expect(await (await published).ended).toMatchObject(aborted)
    }
  })
})

describe('a page that chooses the id', () => {
  /** The route of the docstring of `publish`. */
  function start() {
    const resumable = createResumable({ log: memoryLog() })
    const store = memoryStore()
    const driver = scripted([['Half ', { waitMs: 20 }, 'whole'], ['Twice']])
    const asked = vi.spyOn(driver, 'stream')
    const conversation = createConversation({ id: 'c', store, driver })
    const post = async (id: string, text: string) => {
      try {
        await resumable.publish(id, conversation.send(text, { key: id }))
      } catch (error) {
        if (!StreamError.is(error) || error.code !== 'conflict') throw error
      }
      return readRest(resumable, id)
    }
    return { resumable, conversation, asked, post }
  }

  test('may send its request twice, and both receive one answer', async () => {
    const { post, asked, conversation } = start()
    const [first, second] = await Promise.all([post('s', 'Hi'), post('s', 'Hi')])
    expect(second).toEqual(first)
    expect(await post('s', 'Hi')).toEqual(first)
    expect(asked).toHaveBeenCalledTimes(1)
    expect(await conversation.messages()).toHaveLength(2)
  })

  test('finds the running answer of a conversation from another tab', async () => {
    const { resumable, conversation } = start()
    await resumable.publish('s', conversation.send('Hi', { key: 's' }))
    for await (const { type } of (await resumable.follow('s')) ?? []) if (type === 'content') break
    const { draft } = await conversation.read()
    expect(draft).toMatchObject({ key: 's', input: [{ content: 'Hi' }] })
    const events = await readRest(resumable, draft?.key ?? '')
    expect(events.at(-1)).toMatchObject({ type: 'complete', text: 'Half whole' })
  })

  test('can stop what it has asked, whichever request arrives first', async () => {
    const { post, resumable, asked } = start()
    await resumable.stop('s')
    expect((await post('s', 'Hi')).at(-1)).toMatchObject(aborted)
    expect(asked).not.toHaveBeenCalled()
  })
})

test('an id that is taken stays a conflict', async () => {
  const resumable = createResumable({ log: memoryLog() })
  const stream = () => createStream({ driver: scripted(['Whole.']), prompt: 'p' })
  await (await resumable.publish('s', stream())).ended
  await resumable.stop('s')
  await expect(resumable.publish('s', stream())).rejects.toMatchObject({ code: 'conflict' })
})
