import { describe, expectTypeOf, test } from 'vitest'
import { createConversation, memoryStore } from '../../src/entries/conversation.js'
import {
  type CompleteEvent,
  createStream,
  type Driver,
  type Message,
  type StreamOptions,
  type StreamRequest,
} from '../../src/entries/index.js'

declare const driver: Driver
declare const complete: CompleteEvent
declare const maybe: boolean

describe('a prompt or messages', () => {
  test('are one of them in every stream', () => {
    createStream({ driver, prompt: 'p' })
    createStream({ driver, messages: [] })
    // @ts-expect-error: a prompt or messages are missing
    createStream({ driver })
    // @ts-expect-error: with further options too
    createStream({ driver, temperature: 1, retry: false })
    // @ts-expect-error: not both
    createStream({ driver, prompt: 'p', messages: [{ role: 'user', content: 'x' }] })
    const messages: Message[] = []
    const both = { driver, prompt: 'p', messages }
    // @ts-expect-error: not both
    createStream(both)
    const neither = { driver, system: 's' }
    // @ts-expect-error: a prompt or messages are missing
    createStream(neither)
    createStream(maybe ? { driver, prompt: 'p' } : { driver, messages })
  })

  test('are left to the check at the call where the compiler cannot know', () => {
    expectTypeOf((options: StreamOptions) => createStream(options)).toBeFunction()
    expectTypeOf((request: StreamRequest) => createStream({ driver, ...request })).toBeFunction()
    expectTypeOf((options: StreamOptions) =>
      createStream({ ...options, retry: false }),
    ).toBeFunction()
    expectTypeOf((options: Partial<StreamOptions>) =>
      createStream({ driver, prompt: 'p', ...options }),
    ).toBeFunction()
    expectTypeOf((options: StreamOptions, messages: Message[]) =>
      createStream({ ...options, messages }),
    ).toBeFunction()
    interface OwnOptions extends StreamOptions {
      name: string
    }
    expectTypeOf(({ name: _name, ...options }: OwnOptions) => createStream(options)).toBeFunction()
  })

  test('do not hide other mistakes', () => {
    // @ts-expect-error: no such option
    createStream({ driver, prompt: 'p', temprature: 1 })
    createStream({
      driver,
      // @ts-expect-error: no such option, which is reported here and not as a missing prompt
      promt: 'p',
    })
    // @ts-expect-error: no such option inside of an option
    createStream({ driver, prompt: 'p', retry: { maxRetires: 1 } })
    // @ts-expect-error: no such field of a tool
    createStream({ driver, prompt: 'p', tools: { a: { parameters: {}, describe: 'a' } } })
    // @ts-expect-error: not a prompt
    createStream({ driver, prompt: 1 })
    createStream({
      driver,
      prompt: 'p',
      onEnd: (end) => {
        expectTypeOf(end.attempts).toBeNumber()
        // @ts-expect-error: no such field
        void end.attempt
      },
    })
  })
})

describe('messages', () => {
  test('compile where they are written into the options', () => {
    createStream({ driver, messages: [{ role: 'user', content: 'Hi' }] })
    createStream({
      driver,
      messages: [
        { role: 'system', content: 's', cache: true },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', data: 'AAAA', detail: 'low' },
          ],
        },
        { role: 'assistant', content: [{ type: 'tool-call', id: 'c', name: 't', input: {} }] },
        { role: 'tool', content: [{ type: 'tool-result', id: 'c', name: 't', output: 1 }] },
      ],
    })
    createStream({ driver, messages: ['a', 'b'].map((content) => ({ role: 'user', content })) })
    // @ts-expect-error: no such role
    createStream({ driver, messages: [{ role: 'sytem', content: 'Hi' }] })
    // @ts-expect-error: no such part
    createStream({ driver, messages: [{ role: 'user', content: [{ type: 'txt', text: 'Hi' }] }] })
  })

  test('compile as the input of a turn', () => {
    const conversation = createConversation({ id: 'c', driver, store: memoryStore() })
    conversation.send([{ type: 'text', text: 'Hi' }])
    conversation.send({ role: 'user', content: [{ type: 'text', text: 'Hi' }] })
    conversation.send([
      { role: 'tool', content: [{ type: 'tool-result', id: 'c', name: 't', output: 1 }] },
    ])
    conversation.send([{ role: 'user', content: 'Hi' }] as const, { temperature: 1 })
    // @ts-expect-error: no such role
    conversation.send({ role: 'sytem', content: 'Hi' })
  })

  test('compile in a variable that has their type, by annotation, satisfies or as const', () => {
    const annotated: Message[] = [{ role: 'user', content: 'Hi' }]
    annotated.push(complete.message)
    createStream({ driver, messages: annotated })
    createStream({ driver, messages: [...annotated, { role: 'user', content: 'And?' }] })
    createStream({ driver, messages: annotated.concat({ role: 'user', content: 'And?' }) })

    const satisfying = [{ role: 'user', content: 'Hi' }] satisfies Message[]
    createStream({ driver, messages: satisfying })

    const constant = [
      { role: 'user', content: [{ type: 'image', data: 'AAAA' }], metadata: { tags: ['a'] } },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            id: 'c',
            name: 't',
            output: [1],
            content: [{ type: 'text', text: 'a' }],
          },
        ],
      },
    ] as const
    createStream({ driver, messages: constant })

    const message = { role: 'user', content: 'Hi' } as const
    createStream({ driver, messages: [message, complete.message] })
    const role = { role: 'user' as const, content: 'Hi' }
    createStream({ driver, messages: [role] })

    const options = { driver, messages: [{ role: 'user', content: 'Hi' }] } as const
    createStream(options)
  })

  test('without such a type have the role string, which may be any', () => {
    const messages = [{ role: 'user', content: 'Hi' }]
    expectTypeOf(messages).items.toHaveProperty('role').toBeString()
    // @ts-expect-error: TypeScript has widened the role
    createStream({ driver, messages })
  })
})
