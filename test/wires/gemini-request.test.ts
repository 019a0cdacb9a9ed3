import { describe, expect, test } from 'vitest'
import type { Message, OutputPart } from '../../src/base/messages.js'
import type { StreamRequest } from '../../src/base/request.js'
import { encodeGeminiRequest } from '../../src/wires/gemini/request.js'
import { checkHistories } from '../support/histories/basic.js'

interface Part {
  text?: string
  inlineData?: { mimeType: string; data: string }
  fileData?: { mimeType?: string; fileUri: string }
  functionCall?: { id: string; name: string; args: unknown }
  functionResponse?: { id: string; name: string; response: Record<string, unknown> }
  thought?: true
  thoughtSignature?: string
}

interface Body extends Record<string, unknown> {
  contents: { role: string; parts: Part[] }[]
}

const encode = (request: StreamRequest, model?: string): Body =>
  encodeGeminiRequest(request, model) as Body
const config = (request: StreamRequest, model?: string): unknown =>
  encode({ prompt: 'p', ...request }, model).generationConfig

// ---------------------------------------------------------------- random histories

describe('whatever the history', () => {
  const always = (name: string, check: (body: Body) => void): void => {
    test.each(['gemini-2.5-pro', 'gemini-3-pro'])(`${name}: %s`, (model) => {
      checkHistories((messages) => encode({ messages }, model), check)
    })
  }

  always('turns alternate and begin with the user', ({ contents }) => {
    expect(contents.length).toBeGreaterThan(0)
    for (const [index, { role }] of contents.entries()) {
      expect(role).toBe(index % 2 === 0 ? 'user' : 'model')
    }
  })

  always('no part is empty', ({ contents, systemInstruction }) => {
    const instruction = systemInstruction as { parts: Part[] } | undefined
    for (const { parts } of instruction === undefined ? contents : [...contents, instruction]) {
      expect(parts.length).toBeGreaterThan(0)
      for (const part of parts) {
        const kinds = Object.keys(part).filter((name) => !/^thought(Signature)?$/.test(name))
        expect(kinds).toHaveLength(1)
        if (part.text?.trim() === '' || part.thought) expect(part.thoughtSignature).toBeTruthy()
        if (part.inlineData) expect(part.inlineData.data).not.toBe('')
        if (part.fileData) expect(part.fileData.fileUri).not.toBe('')
      }
    }
  })

  always('the next turn begins with a result for each call, under its id and name', (body) => {
    const seen = new Set<string>()
    for (const [index, { parts }] of body.contents.entries()) {
      const calls = parts.flatMap(({ functionCall }) => functionCall ?? [])
      const next = body.contents[index + 1]?.parts ?? []
      const results = next.flatMap(({ functionResponse }) => functionResponse ?? [])
      expect(results.map(({ id, name }) => [id, name])).toEqual(
        calls.map(({ id, name }) => [id, name]),
      )
      expect(next.slice(0, calls.length).every((part) => part.functionResponse)).toBe(true)
      for (const { id, name, args } of calls) {
        expect(seen).not.toContain(id)
        seen.add(id)
        expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
        expect(name).not.toBe('')
        expect(args).toBeTypeOf('object')
      }
    }
    expect(body.contents[0]?.parts.some((part) => part.functionResponse)).toBe(false)
  })

  always('it can be sent as JSON, and signatures are base64', (body) => {
    expect(JSON.parse(JSON.stringify(body))).toEqual(body)
    for (const { thoughtSignature } of body.contents.flatMap(({ parts }) => parts)) {
      if (thoughtSignature !== undefined) expect(thoughtSignature).toMatch(/^[\w+/-]+=*$/)
    }
  })
})

// ---------------------------------------------------------------- by hand

describe('the conversation', () => {
  test('is a prompt, with its instructions apart', () => {
    const messages: Message[] = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hello?' },
    ]
    expect(encode({ system: 'Be short.', messages })).toEqual({
      systemInstruction: { parts: [{ text: 'Be short.' }, { text: 'Be kind.' }] },
      contents: [{ role: 'user', parts: [{ text: 'Hello?' }] }],
    })
  })

  test('is refused with a remedy if there is nothing in it', () => {
    const empty = () => encode({ prompt: ' ' })
    expect(empty).toThrow(expect.objectContaining({ code: 'invalid-request' }))
    expect(empty).toThrow('nothing to send')
  })

  test('has images and files as data, or where they are', () => {
    const parts = (content: NonNullable<Extract<Message, { role: 'user' }>['content']>) =>
      encode({ messages: [{ role: 'user', content }] }).contents[0]?.parts
    expect(
      parts([
        { type: 'image', data: new Uint8Array([1, 2, 3]), mediaType: 'image/webp' },
        { type: 'image', data: '/9j/AAAA' },
        {
          type: 'file',
          data: 'data:application/pdf;base64,JVBERi0=',
          mediaType: 'application/pdf',
        },
        { type: 'image', data: new URL('https://a.test/x.JPG?size=1') },
        { type: 'image', data: 'https://a.test/x' },
        { type: 'file', data: 'gs://bucket/film.mp4', mediaType: 'video/mp4' },
        { type: 'file', data: btoa('{"a":1}'), mediaType: 'application/json' },
      ]),
    ).toEqual([
      { inlineData: { mimeType: 'image/webp', data: 'AQID' } },
      { inlineData: { mimeType: 'image/jpeg', data: '/9j/AAAA' } },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
      { fileData: { mimeType: 'image/jpeg', fileUri: 'https://a.test/x.JPG?size=1' } },
      { fileData: { fileUri: 'https://a.test/x' } },
      { fileData: { mimeType: 'video/mp4', fileUri: 'gs://bucket/film.mp4' } },
      { text: '{"a":1}' },
    ])
  })

  const called: Message[] = [
    { role: 'user', content: 'Weather?' },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Hm.', signature: 'QUFB' },
        { type: 'text', text: 'I look.', signature: 'QkJC' },
        {
          type: 'tool-call',
          id: 'c1',
          name: 'weather',
          input: { city: 'Bern' },
          signature: 'Q0ND',
        },
        { type: 'tool-call', id: 'c2', name: 'time', input: '{"ci' },
        { type: 'file', mediaType: 'image/png', data: 'AAAA' },
        { type: 'source', url: 'https://a.test/' },
      ],
    },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', id: 'c1', name: 'weather', output: { sky: 'blue' } },
        { type: 'tool-result', id: 'c2', name: 'time', output: 'no clock', isError: true },
      ],
    },
    { role: 'user', content: 'And?' },
  ]

  test('sends signatures back with text and calls, without thoughts and sources', () => {
    expect(encode({ messages: called }).contents).toEqual([
      { role: 'user', parts: [{ text: 'Weather?' }] },
      {
        role: 'model',
        parts: [
          { text: 'I look.', thoughtSignature: 'QkJC' },
          {
            functionCall: { id: 'c1', name: 'weather', args: { city: 'Bern' } },
            thoughtSignature: 'Q0ND',
          },
          { functionCall: { id: 'c2', name: 'time', args: { input: '{"ci' } } },
          { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        ],
      },
      {
        role: 'user',
        parts: [
          {
            functionResponse: { id: 'c1', name: 'weather', response: { output: { sky: 'blue' } } },
          },
          { functionResponse: { id: 'c2', name: 'time', response: { error: 'no clock' } } },
          { text: 'And?' },
        ],
      },
    ])
  })

  test('tells Gemini 3 that the calls of another model have no signature, and only Gemini 3', () => {
    const messages = called.map((turn): Message => {
      if (turn.role !== 'assistant' || typeof turn.content === 'string') return turn
      const calls = turn.content.filter((part) => part.type === 'tool-call')
      return { ...turn, content: calls.map((part) => ({ ...part, signature: '' })) }
    })
    const signatures = (model: string) =>
      encode({ messages }, model).contents[1]?.parts.map((part) => part.thoughtSignature)
    const word = 'skip_thought_signature_validator'
    expect(signatures('gemini-3-flash-preview')).toEqual([word, undefined])
    expect(signatures('gemini-flash-latest')).toEqual([word, undefined])
    expect(signatures('gemini-2.5-flash')).toEqual([undefined, undefined])
    const own = encode({ messages: called }, 'gemini-3-flash').contents[1]?.parts
    expect(own?.map((part) => part.thoughtSignature)).not.toContain(word)
  })

  test('keeps an empty text that has a signature', () => {
    const content: OutputPart[] = [
      { type: 'text', text: 'a' },
      { type: 'text', text: '', signature: 'QUFB' },
      { type: 'text', text: '' },
    ]
    const messages: Message[] = [
      { role: 'user', content: 'p' },
      { role: 'assistant', content },
    ]
    expect(encode({ messages }).contents[1]?.parts).toEqual([
      { text: 'a' },
      { text: '', thoughtSignature: 'QUFB' },
    ])
  })
})

describe('the options', () => {
  test('have the names of this wire, and none where nothing was asked for', () => {
    expect(
      config({
        maxOutputTokens: 5,
        temperature: 0,
        topP: 0.5,
        stopSequences: ['END', ''],
        seed: 7,
      }),
    ).toEqual({ maxOutputTokens: 5, temperature: 0, topP: 0.5, stopSequences: ['END'], seed: 7 })
    expect(Object.keys(encode({ prompt: 'p', stopSequences: [] }))).toEqual(['contents'])
  })

  test('turn an effort into a level for Gemini 3 and into a budget before it', () => {
    const thinking = (reasoning: NonNullable<StreamRequest['reasoning']>, model: string) =>
      (config({ reasoning }, model) as { thinkingConfig: unknown }).thinkingConfig
    const includeThoughts = true
    const low = { effort: 'low' } as const
    expect(thinking(low, 'gemini-2.5-flash')).toEqual({ thinkingBudget: 2048, includeThoughts })
    expect(thinking(low, 'gemini-3-flash')).toEqual({ thinkingLevel: 'low', includeThoughts })
    for (const [effort, model, thinkingLevel] of [
      ['minimal', 'gemini-3-flash', 'minimal'],
      ['minimal', 'gemini-3.1-pro', 'low'],
      ['medium', 'gemini-3.1-pro', 'medium'],
      ['medium', 'gemini-3-pro-preview', 'high'],
    ] as const) {
      expect(thinking({ effort }, model)).toEqual({ thinkingLevel, includeThoughts })
    }
    expect(thinking({ ...low, budgetTokens: 99 }, 'gemini-3-flash')).toEqual({
      thinkingBudget: 99,
      includeThoughts,
    })
    expect(thinking({ budgetTokens: 0 }, 'gemini-2.5-flash')).toEqual({
      thinkingBudget: 0,
      includeThoughts: false,
    })
    expect(thinking({}, 'gemini-2.5-flash')).toEqual({ includeThoughts })
    expect(config({ reasoning: low }, 'gemini-2.0-flash')).toBeUndefined()
  })

  test('send tools with their JSON Schema as it is', () => {
    const parameters = { properties: { a: { $ref: '#/$defs/A' } }, additionalProperties: false }
    const body = encode({
      prompt: 'p',
      tools: { f: { description: 'F.', parameters }, g: { parameters: { type: 'object' } } },
    })
    expect(body.tools).toEqual([
      {
        functionDeclarations: [
          { name: 'f', description: 'F.', parametersJsonSchema: { type: 'object', ...parameters } },
          { name: 'g', parametersJsonSchema: { type: 'object' } },
        ],
      },
    ])
    expect(body).not.toHaveProperty('toolConfig')
  })

  test('send a choice of tools only with tools', () => {
    const tools = { f: { parameters: {} } }
    for (const [toolChoice, functionCallingConfig] of [
      ['auto', { mode: 'AUTO' }],
      ['required', { mode: 'ANY' }],
      ['none', { mode: 'NONE' }],
      [{ name: 'f' }, { mode: 'ANY', allowedFunctionNames: ['f'] }],
    ] as const) {
      expect(encode({ prompt: 'p', tools, toolChoice }).toolConfig).toEqual({
        functionCallingConfig,
      })
      expect(encode({ prompt: 'p', toolChoice, tools: {} })).not.toHaveProperty('toolConfig')
    }
  })

  test('of the provider come last, and leave the neighbours of what they set', () => {
    const body = encode({
      prompt: 'p',
      temperature: 1,
      seed: 1,
      providerOptions: {
        gemini: {
          generationConfig: { temperature: 0, topK: 40 },
          safetySettings: [],
          tools: [{ googleSearch: {} }],
        },
      },
    })
    expect(body).toMatchObject({
      generationConfig: { temperature: 0, topK: 40, seed: 1 },
      safetySettings: [],
      tools: [{ googleSearch: {} }],
    })
    const contents = [{ role: 'user', parts: [{ text: 'other' }] }]
    expect(encode({ prompt: '', providerOptions: { gemini: { contents } } }).contents).toEqual(
      contents,
    )
  })
})
