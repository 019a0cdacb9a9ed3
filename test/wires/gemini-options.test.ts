/** Options at each level, results with files, and what only some generations of Gemini take. */

import { describe, expect, test } from 'vitest'
import type { InputPart, Message, ToolResultPart } from '../../src/base/messages.js'
import type { StreamRequest } from '../../src/base/request.js'
import { gemini } from '../../src/entries/gemini.js'
import { createStream } from '../../src/entries/index.js'
import { encodeGeminiRequest, type GeminiSettings } from '../../src/wires/gemini/request.js'
import { collect } from '../support/collect.js'

type Json = Record<string, unknown>

const third = 'gemini-3-pro'
const second = 'gemini-2.5-flash'
const encode = (request: StreamRequest, model = third, settings?: GeminiSettings): Json =>
  encodeGeminiRequest(request, model, settings)

const parameters = { type: 'object', properties: {} }
const tools = { save: { parameters } }

describe('options of the provider', () => {
  const own = (options: Json) => ({ gemini: options, openai: { never: 1 } })

  test('land on the part, the call, the result, the declaration and the content', () => {
    const image = { type: 'image', data: 'AAAA', providerOptions: own({ partMetadata: { a: 1 } }) }
    const file = {
      type: 'file',
      data: 'gs://a/b',
      mediaType: 'video/mp4',
      providerOptions: own({ videoMetadata: { fps: 2 } }),
    }
    const body = encode({
      tools: { f: { parameters, providerOptions: own({ behavior: 'NON_BLOCKING' }) } },
      messages: [
        {
          role: 'user',
          content: [image, file] as InputPart[],
          providerOptions: own({ tag: 'first', deep: { a: 1 } }),
        },
        { role: 'user', content: 'q', providerOptions: own({ deep: { b: 2 } }) },
        {
          role: 'assistant',
          content: [
            {
              type: 'tool-call',
              id: 'c1',
              name: 'f',
              input: {},
              providerOptions: own({ partMetadata: { c: 1 } }),
            },
          ],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              id: 'c1',
              name: 'f',
              output: 'ok',
              providerOptions: own({ functionResponse: { scheduling: 'SILENT' } }),
            },
          ],
        },
      ],
    })
    expect(JSON.stringify(body)).not.toContain('never')
    expect(body.tools).toMatchObject([
      { functionDeclarations: [{ name: 'f', behavior: 'NON_BLOCKING' }] },
    ])
    expect(body.contents).toMatchObject([
      {
        role: 'user',
        tag: 'first',
        deep: { a: 1, b: 2 },
        parts: [
          { inlineData: { data: 'AAAA' }, partMetadata: { a: 1 } },
          { fileData: { fileUri: 'gs://a/b' }, videoMetadata: { fps: 2 } },
          { text: 'q' },
        ],
      },
      { role: 'model', parts: [{ functionCall: { id: 'c1' }, partMetadata: { c: 1 } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', scheduling: 'SILENT' } }] },
    ])
  })

  test('land on the instructions and their parts', () => {
    const body = encode({
      system: [{ type: 'text', text: 's', providerOptions: own({ partMetadata: { a: 1 } }) }],
      messages: [
        { role: 'system', content: 't', providerOptions: own({ role: 'system' }) },
        { role: 'user', content: 'q' },
      ],
    })
    expect(body.systemInstruction).toEqual({
      role: 'system',
      parts: [{ text: 's', partMetadata: { a: 1 } }, { text: 't' }],
    })
  })

  test('keep a `toolConfig` without a choice of tools, and merge with one', () => {
    const providerOptions = { gemini: { toolConfig: { retrievalConfig: { languageCode: 'de' } } } }
    const retrievalConfig = { languageCode: 'de' }
    expect(encode({ prompt: 'p', providerOptions }).toolConfig).toEqual({ retrievalConfig })
    expect(encode({ prompt: 'p', tools, toolChoice: 'none', providerOptions }).toolConfig).toEqual({
      functionCallingConfig: { mode: 'NONE' },
      retrievalConfig,
    })
  })

  test('that declare functions make a choice of tools valid', () => {
    const providerOptions = own({ tools: [{ functionDeclarations: [{ name: 'g' }] }] })
    const body = encode({ prompt: 'p', toolChoice: { name: 'g' }, providerOptions })
    expect(body.toolConfig).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] },
    })
    const search = { gemini: { tools: [{ googleSearch: {} }] } }
    const searching = encode({ prompt: 'p', toolChoice: 'auto', providerOptions: search })
    expect(searching).not.toHaveProperty('toolConfig')
  })

  test('leave `cache` marks without effect', () => {
    const marked = encode({
      cache: true,
      system: [{ type: 'text', text: 's', cache: '1h' }],
      tools: { save: { parameters, cache: true } },
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'q', cache: true }], cache: true },
      ],
    })
    const plain = encode({ system: 's', tools, messages: [{ role: 'user', content: 'q' }] })
    expect(marked).toEqual(plain)
  })
})

describe('server tools', () => {
  const providerOptions = { gemini: { tools: [{ googleSearch: {} }] } }
  const request: StreamRequest = { prompt: 'p', tools, providerOptions }

  test('stand beside functions, and none pushes the other out', () => {
    for (const model of [second, third]) {
      expect(encode(request, model).tools).toMatchObject([
        { functionDeclarations: [{ name: 'save' }] },
        { googleSearch: {} },
      ])
    }
  })

  test('are announced beside functions from the third generation on', () => {
    const toolConfig = { includeServerSideToolInvocations: true }
    expect(encode(request).toolConfig).toEqual(toolConfig)
    expect(encode(request, 'gemini-4-argon').toolConfig).toEqual(toolConfig)
    expect(encode({ prompt: 'p', providerOptions })).not.toHaveProperty('toolConfig')
    expect(encode({ prompt: 'p', tools })).not.toHaveProperty('toolConfig')
    expect(encode(request, second)).not.toHaveProperty('toolConfig')
    expect(encode(request, third, { vertex: true })).not.toHaveProperty('toolConfig')
    expect(
      encode({ prompt: 'p', tools }, third, { body: providerOptions.gemini }).toolConfig,
    ).toEqual(toolConfig)
  })

  test('leave a choice of tools, except for `auto`, which is what the API does by itself', () => {
    const config = (toolChoice: NonNullable<StreamRequest['toolChoice']>) =>
      encode({ ...request, toolChoice }).toolConfig
    expect(config('auto')).toEqual({ includeServerSideToolInvocations: true })
    expect(config('required')).toEqual({
      includeServerSideToolInvocations: true,
      functionCallingConfig: { mode: 'ANY' },
    })
  })

  test('can be left unannounced', () => {
    const toolConfig = { includeServerSideToolInvocations: false }
    const options = { gemini: { ...providerOptions.gemini, toolConfig } }
    expect(encode({ ...request, providerOptions: options }).toolConfig).toEqual(toolConfig)
  })

  test.each([
    ['https://generativelanguage.googleapis.com/v1beta', true],
    ['https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google', false],
    ['https://us-central1-aiplatform.googleapis.com/v1', false],
    ['https://proxy.test/v1/projects/p/locations/global/publishers/google', false],
  ])('are announced to %s: %s', async (baseURL, isAnnounced) => {
    let body: unknown
    const fetch: typeof globalThis.fetch = async (_url, init) => {
      body = init?.body
      return new Response('{}', { status: 400 })
    }
    const driver = gemini({ model: third, apiKey: 'k', baseURL, fetch })
    const { prompt, ...rest } = request
    await collect(createStream({ driver, prompt: prompt ?? '', ...rest, retry: false, onEnd() {} }))
    expect(body).toContain('googleSearch')
    expect((body as string).includes('includeServerSideToolInvocations')).toBe(isAnnounced)
  })
})

describe('the result of a function', () => {
  const parts = (result: Partial<ToolResultPart>, model = third): Json[] => {
    const messages: Message[] = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [{ type: 'tool-call', id: 'c1', name: 'f', input: {} }] },
      {
        role: 'tool',
        content: [{ type: 'tool-result', id: 'c1', name: 'f', output: undefined, ...result }],
      },
    ]
    const { contents } = encode({ messages }, model)
    return (contents as { parts: Json[] }[])[2]?.parts ?? []
  }
  const png: InputPart = { type: 'image', data: 'iVBORw0KGgo=', detail: 'low' }
  const pdf: InputPart = { type: 'file', data: 'JVBERi0=', mediaType: 'application/pdf' }
  const wav: InputPart = { type: 'file', data: 'UklGRg==', mediaType: 'audio/wav' }
  const link: InputPart = { type: 'image', data: 'https://a.test/x.png' }
  const inline = (mimeType: string, data: string) => ({ inlineData: { mimeType, data } })

  test('holds images and documents from the third generation on', () => {
    expect(parts({ output: { a: 1 }, content: [png, pdf] })).toEqual([
      {
        functionResponse: {
          id: 'c1',
          name: 'f',
          response: { output: { a: 1 } },
          parts: [inline('image/png', 'iVBORw0KGgo='), inline('application/pdf', 'JVBERi0=')],
        },
      },
    ])
  })

  test('has what it cannot hold behind it', () => {
    const label = { text: 'Files in the result of f (c1):' }
    expect(parts({ output: 'ok', content: [wav, png, link] })).toEqual([
      {
        functionResponse: {
          id: 'c1',
          name: 'f',
          response: { output: 'ok' },
          parts: [inline('image/png', 'iVBORw0KGgo=')],
        },
      },
      label,
      inline('audio/wav', 'UklGRg=='),
      { fileData: { mimeType: 'image/png', fileUri: 'https://a.test/x.png' } },
    ])
    expect(parts({ output: 'ok', content: [png] }, second)).toEqual([
      { functionResponse: { id: 'c1', name: 'f', response: { output: 'ok' } } },
      label,
      inline('image/png', 'iVBORw0KGgo='),
    ])
  })

  test('has its output first and the texts of its content after it', () => {
    const content: InputPart[] = [
      { type: 'text', text: 'b' },
      { type: 'file', data: btoa('{"c":1}'), mediaType: 'application/json' },
    ]
    const response = (result: Partial<ToolResultPart>) =>
      (parts(result)[0] as { functionResponse: Json }).functionResponse.response
    expect(response({ output: { a: 1 }, content })).toEqual({ output: '{"a":1}\nb\n{"c":1}' })
    expect(response({ content })).toEqual({ output: 'b\n{"c":1}' })
    expect(response({ output: 'a', content, isError: true })).toEqual({ error: 'a\nb\n{"c":1}' })
    expect(response({ content: [png] })).toEqual({ output: '(see the files)' })
    expect(response({ content: [] })).toEqual({ output: '(empty)' })
  })

  test('comes before the files of all results', () => {
    const call = (id: string) => ({ type: 'tool-call' as const, id, name: 'f', input: {} })
    const result = (id: string): ToolResultPart => ({
      type: 'tool-result',
      id,
      name: 'f',
      output: 'ok',
      content: [png],
    })
    const { contents } = encode(
      {
        messages: [
          { role: 'user', content: 'q' },
          { role: 'assistant', content: [call('c1'), call('c2')] },
          { role: 'tool', content: [result('c1'), result('c2')] },
        ],
      },
      second,
    )
    const kinds = (contents as { parts: Json[] }[])[2]?.parts.map((part) => Object.keys(part)[0])
    expect(kinds).toEqual([
      'functionResponse',
      'functionResponse',
      'text',
      'inlineData',
      'text',
      'inlineData',
    ])
  })
})

describe('an image or a file', () => {
  const part = (content: InputPart, model = third): unknown => {
    const { contents } = encode({ messages: [{ role: 'user', content: [content] }] }, model)
    return (contents as { parts: Json[] }[])[0]?.parts[0]
  }

  test('has its resolution from the third generation on', () => {
    for (const [detail, level] of [
      ['low', 'MEDIA_RESOLUTION_LOW'],
      ['high', 'MEDIA_RESOLUTION_HIGH'],
      ['original', 'MEDIA_RESOLUTION_ULTRA_HIGH'],
    ] as const) {
      const image = { type: 'image', data: 'AAAA', detail } as const
      expect(part(image)).toMatchObject({ mediaResolution: { level } })
      expect(part(image, second)).not.toHaveProperty('mediaResolution')
    }
    expect(part({ type: 'image', data: 'AAAA', detail: 'auto' })).not.toHaveProperty(
      'mediaResolution',
    )
  })

  test('is refused as the id of another provider, and taken as a name or an address', () => {
    for (const data of ['file-abc123', 'file_011CNha8iCJcU1wXNR6q4V8w']) {
      const encoding = () => part({ type: 'file', data, mediaType: 'application/pdf' })
      expect(encoding).toThrow(expect.objectContaining({ code: 'invalid-request' }))
      expect(encoding).toThrow(data)
    }
    const fileUri = 'https://generativelanguage.googleapis.com/v1beta/files/abc-1'
    for (const data of [fileUri, 'files/abc-1']) {
      expect(part({ type: 'file', data, mediaType: 'application/pdf' })).toEqual({
        fileData: { mimeType: 'application/pdf', fileUri },
      })
    }
  })
})

describe('thinking', () => {
  const thinking = (effort: NonNullable<StreamRequest['reasoning']>['effort'], model: string) => {
    const { generationConfig } = encode(
      { prompt: 'p', reasoning: { effort: effort ?? 'low' } },
      model,
    )
    return (generationConfig as { thinkingConfig?: Json } | undefined)?.thinkingConfig
  }

  test('is off, or the least that the model takes and not shown', () => {
    for (const [model, least] of [
      ['gemini-2.5-flash', { thinkingBudget: 0 }],
      ['gemini-2.5-pro', { thinkingBudget: 128 }],
      ['gemini-3-pro-preview', { thinkingLevel: 'low' }],
      ['gemini-3-flash', { thinkingLevel: 'minimal' }],
      ['gemini-3.5-flash-lite', { thinkingLevel: 'minimal' }],
      ['gemini-3.8-flash', { thinkingLevel: 'low' }],
      ['gemini-4-argon', { thinkingLevel: 'low' }],
      ['gemini-flash-latest', { thinkingLevel: 'low' }],
      ['gemini-flash-lite-latest', { thinkingLevel: 'minimal' }],
    ] as const) {
      expect([model, thinking('none', model)]).toEqual([
        model,
        { ...least, includeThoughts: false },
      ])
    }
  })

  test('is what was requested for a model that the table does not know', () => {
    for (const effort of ['minimal', 'low', 'medium', 'high'] as const) {
      const config = { thinkingLevel: effort, includeThoughts: true }
      expect(thinking(effort, 'gemini-9-pro')).toEqual(config)
    }
    expect(thinking('minimal', 'my-project-model')).toMatchObject({ thinkingBudget: 512 })
    expect(thinking('none', 'my-project-model')).toMatchObject({ thinkingBudget: 0 })
  })

  test('of the options replaces an effort, because both at once are refused', () => {
    const sent = (
      thinkingConfig: Json,
      reasoning: StreamRequest['reasoning'] = { effort: 'low' },
    ) => {
      const providerOptions = { gemini: { generationConfig: { thinkingConfig } } }
      const body = encode({ prompt: 'p', ...(reasoning && { reasoning }), providerOptions })
      return (body.generationConfig as Json).thinkingConfig
    }
    const includeThoughts = true
    expect(sent({ thinkingBudget: 9 })).toEqual({ thinkingBudget: 9, includeThoughts })
    expect(sent({ thinkingLevel: 'high' }, { budgetTokens: 9 })).toEqual({
      thinkingLevel: 'high',
      includeThoughts,
    })
    expect(sent({ includeThoughts: false })).toEqual({
      thinkingLevel: 'low',
      includeThoughts: false,
    })
  })

  test('is known by the name behind a path', () => {
    const path = 'projects/p/locations/l/publishers/google/models/'
    expect(thinking('none', `${path}gemini-2.5-flash`)).toMatchObject({ thinkingBudget: 0 })
    expect(thinking('none', `${path}gemini-2.5-pro`)).toMatchObject({ thinkingBudget: 128 })
    expect(thinking('none', `models/gemini-3-pro`)).toMatchObject({ thinkingLevel: 'low' })
  })

  test('is not mentioned to models that have none', () => {
    for (const model of [
      'gemini-1.5-pro-latest',
      'gemini-2.0-flash',
      'gemini-2.5-flash-image',
      'gemini-2.5-flash-preview-tts',
      'gemma-3-27b-it',
    ]) {
      expect([model, thinking('high', model)]).toEqual([model, undefined])
    }
  })
})
