import { createStream, StreamError, type ToolEnd } from 'sluice'
import { type McpToolsOptions, mcpTools } from 'sluice/mcp'
import { scripted } from 'sluice/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContentEvent, StreamEvent } from '../../src/base/events.js'
import { collect } from '../support/collect.js'
import { type Connection, connect, transports } from './support/connect.js'
import { longName, pixel } from './support/test-server.js'
import { type Called, results, turn } from './support/turn.js'

const unknown =
  'It is not known whether this call was carried out, because it was interrupted. It was not tried again.'

describe.each(transports)('over %s', (kind) => {
  let connection: Connection
  beforeAll(async () => {
    connection = await connect(kind)
  })
  afterAll(() => connection[Symbol.asyncDispose]())

  const call = async (called: readonly Called[], options: McpToolsOptions = {}) => {
    const { results: all } = await results(called, {
      tools: await mcpTools(connection.client, options),
    })
    return all
  }

  test('all pages of the list become tools, under names that providers accept', async () => {
    const names = Object.keys(await mcpTools(connection.client))
    expect(names).toContain('echo')
    expect(names).toContain('grow')
    expect(names).toContain('files_read_all')
    expect(names.filter((name) => !/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/.test(name))).toEqual([])
    for (const from of [0, 5, 20]) await connection.notices.until(`listed from ${from}`)
  })

  test('a tool has the description, the schema and the title of the server', async () => {
    const { echo, texts, nothing } = await mcpTools(connection.client)
    expect(echo).toMatchObject({ description: 'Says it again.', once: false })
    expect(echo?.parameters).toEqual({
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    })
    expect(texts).toMatchObject({ description: 'Two texts', once: false })
    expect(nothing).not.toHaveProperty('description')
    expect(nothing).toMatchObject({ once: true })
    expect(nothing).not.toHaveProperty('approve')
  })

  test('the server receives the arguments, and text is the output', async () => {
    expect(await call([['echo', { city: 'Oslo' }], 'texts', 'nothing'])).toEqual([
      { output: '{"city":"Oslo"}' },
      { output: 'one\ntwo' },
      { output: '' },
    ])
  })

  test('tools whose names were changed are called by their own', async () => {
    const names = Object.keys(await mcpTools(connection.client))
    const long = names.find((name) => name.startsWith('aaa')) as string
    const proto = names.find((name) => name.includes('proto')) as string
    expect(long).toHaveLength(64)
    expect(longName.startsWith(long)).toBe(false)
    expect(await call(['files_read_all', long, proto, 'constructor'])).toEqual([
      { output: 'read' },
      { output: 'long' },
      { output: 'proto' },
      { output: 'constructed' },
    ])
  })

  test('images, audio and resources are parts, in their order', async () => {
    const all = await call(['picture', 'sound', 'document', 'page'])
    expect(all).toEqual([
      {
        content: [
          { type: 'text', text: 'before' },
          { type: 'image', data: pixel, mediaType: 'image/png' },
          { type: 'text', text: 'after' },
        ],
      },
      { content: [{ type: 'file', data: 'UklGRg==', mediaType: 'audio/wav' }] },
      {
        content: [
          {
            type: 'file',
            data: 'JVBERg==',
            mediaType: 'application/pdf',
            filename: 'paper.pdf',
          },
          { type: 'image', data: pixel, mediaType: 'image/png' },
          {
            type: 'file',
            data: 'AAAA',
            mediaType: 'application/octet-stream',
            filename: 'raw',
          },
        ],
      },
      { output: expect.stringMatching(/^file:\/\/\/a\.txt\nwords\n{.*}$/) },
    ])
    const link = String(all.at(-1)?.output).split('\n').at(-1)
    expect(JSON.parse(String(link))).toEqual({
      type: 'resource_link',
      uri: 'file:///b.txt',
      name: 'b',
    })
  })

  test('files that the model cannot read are replaced by a remark', async () => {
    const accepts = (type: string): boolean => type === 'image/png'
    const [sound, picture] = await call(['sound', 'picture'], { accepts })
    expect(sound).toEqual({ output: '(A file of type audio/wav with 4 bytes was left out.)' })
    expect(picture?.content).toHaveLength(3)
  })

  test('structured content is the output, without its copy as text', async () => {
    expect(await call(['weather', 'chart'])).toEqual([
      { output: { sky: 'clear' } },
      {
        output: { points: 3 },
        content: [
          { type: 'text', text: 'A chart.' },
          { type: 'image', data: pixel, mediaType: 'image/png' },
        ],
      },
    ])
  })

  test('the words of a failed tool are for the model, up to the limit', async () => {
    const { results: all } = await results(['refuse', 'silent_error', 'huge_error'], {
      tools: await mcpTools(connection.client),
      maxResultCharacters: 100,
    })
    expect(all).toEqual([
      {
        output: 'No such city.\n(A file of type image/png with 70 bytes was left out.)',
        isError: true,
      },
      { output: 'The tool reported an error without a message.', isError: true },
      {
        output: `${'x'.repeat(100)}\n(Cut off: the result has 10000 characters, and the limit is 100.)`,
        isError: true,
      },
    ])
  })

  test('an error of the protocol is a fixed sentence, and onToolEnd gets the error', async () => {
    const ends: ToolEnd[] = []
    const { results: all } = await results(['crash'], {
      tools: await mcpTools(connection.client),
      onToolEnd: (end) => ends.push(end),
    })
    expect(all).toEqual([{ output: 'The tool failed.', isError: true }])
    expect(ends[0]?.error).toMatchObject({
      code: -32603,
      message: expect.stringContaining('secret words'),
    })
  })

  test('a result that is too long is cut', async () => {
    const { results: all } = await results(['huge'], {
      tools: await mcpTools(connection.client),
      maxResultCharacters: 50,
    })
    expect(all).toEqual([
      {
        output: `${'y'.repeat(50)}\n(Cut off: the result has 20001 characters, and the limit is 50.)`,
      },
    ])
  })

  test('progress is a preliminary result, replaced by the next and by the result', async () => {
    const tools = await mcpTools(connection.client)
    const shown: ContentEvent[] = []
    for await (const event of turn([['count']], { tools })) {
      if (event.type !== 'content' || event.kind !== 'tool-result') continue
      shown.push(event)
      if (event.preliminary) await connection.client.callTool({ name: 'proceed' })
    }
    const common = { type: 'content', kind: 'tool-result', index: 1, id: '0', name: 'count' }
    expect(shown).toEqual([
      { ...common, output: { progress: 1, total: 2, message: 'first' }, preliminary: true },
      { ...common, output: { progress: 2 }, preliminary: true },
      { ...common, output: 'counted' },
    ])
  })

  test('an abort cancels the call on the server', async () => {
    const own = await connect(kind)
    const controller = new AbortController()
    const tools = await mcpTools(own.client)
    const stream = turn([['hang']], { tools, signal: controller.signal })
    let last: StreamEvent | undefined
    for await (const event of stream) {
      // The server is running it.
      if (event.type === 'content' && event.kind === 'tool-result' && event.preliminary) {
        controller.abort()
      }
      last = event
    }
    await own.notices.until('cancelled')
    expect(last).toMatchObject({
      type: 'error',
      error: { code: 'aborted' },
      // Its server declares nothing of the tool, so nobody may call it again.
      partial: { content: [{}, { output: unknown, isError: true }] },
    })
    await own[Symbol.asyncDispose]()
  })

  test('what a server announces between steps is there in the next one', async () => {
    await using own = await connect(kind)
    const { client } = own
    const offered: string[][] = []
    const events = await collect(
      turn([['grow'], ['grown']], {
        tools: await mcpTools(client),
        async beforeStep() {
          const tools = await mcpTools(client)
          offered.push(Object.keys(tools).filter((name) => /^(grown|texts)$/.test(name)))
          return { tools }
        },
      }),
    )
    expect(offered).toEqual([['texts'], ['grown'], ['grown']])
    expect(events.at(-1)).toMatchObject({
      steps: [{ calls: [{ output: 'grew' }] }, { calls: [{ output: 'I am new.' }] }, {}],
    })
  })

  test('the client can say when the list has changed', async () => {
    let changed = (): void => {}
    const isChanged = new Promise<void>((resolve) => {
      changed = resolve
    })
    const listChanged = { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => changed() } }
    await using own = await connect(kind, { listChanged })
    await results(['grow'], { tools: await mcpTools(own.client) })
    await isChanged
    expect(Object.keys(await mcpTools(own.client))).toContain('grown')
  })

  test('the server receives as _meta what the option returns', async () => {
    const tools = await mcpTools(connection.client, { meta: ({ key }) => ({ 'app/key': key }) })
    const keys: string[] = []
    const { results: all } = await results(['meta'], {
      tools,
      onToolStart: ({ key }) => keys.push(key),
    })
    expect(JSON.parse(String(all[0]?.output))).toEqual({
      'app/key': keys[0],
      progressToken: expect.any(Number),
    })
    const [bare] = await call(['meta'])
    expect(Object.keys(JSON.parse(String(bare?.output)))).toEqual(['progressToken'])
  })

  test('a server that dies during a call leaves it unknown, and the turn continues', async () => {
    await using own = await connect(kind)
    const ends: ToolEnd[] = []
    const asked: string[] = []
    const tools = await mcpTools(own.client)
    const stream = turn([['hang'], ['echo']], {
      tools,
      // A response over HTTP that breaks off is an error of the transport, not of the call.
      timeout: { toolMs: kind === 'http' ? 1_000 : 60_000 },
      onToolEnd: (end) => ends.push(end),
      onUncertain({ name }) {
        asked.push(name)
        return undefined
      },
    })
    const events: StreamEvent[] = []
    for await (const event of stream) {
      events.push(event)
      if (event.type === 'content' && event.kind === 'tool-result' && event.preliminary) {
        await own.kill()
      }
    }
    expect(events.at(-1)).toMatchObject({
      type: 'complete',
      text: 'Done.',
      steps: [
        { calls: [{ output: unknown, isError: true }] },
        { calls: [{ output: 'The tool failed.', isError: true }] },
        {},
      ],
    })
    expect(asked).toEqual(['hang'])
    expect(ends.map(({ error }) => error !== undefined)).toEqual([true, true])
  })
})

test('a process that exits is the cause of the error in onToolEnd', async () => {
  await using own = await connect('stdio')
  const ends: ToolEnd[] = []
  const { results: all } = await results(['die'], {
    tools: await mcpTools(own.client, { once: false }),
    onToolEnd: (end) => ends.push(end),
  })
  expect(all).toEqual([{ output: unknown, isError: true }])
  expect(ends[0]?.error).toMatchObject({ cause: { code: -32000 } })
})

test('tools of several servers have prefixes', async () => {
  await using one = await connect('stdio')
  await using other = await connect('http')
  const tools = {
    ...(await mcpTools(one.client, { prefix: 'one_' })),
    ...(await mcpTools(other.client, { prefix: 'other_' })),
  }
  const { results: all } = await results(['one_echo', 'other_echo', 'one___proto__'], { tools })
  expect(all).toEqual([{ output: '{}' }, { output: '{}' }, { output: 'proto' }])
  await one.notices.until('called echo')
  await other.notices.until('called echo')
  const long = Object.keys(tools).filter((name) => name.startsWith('other_aaa'))
  expect(long).toEqual([expect.stringMatching(/^.{64}$/)])
})

test('calls of tools that need approval wait for it', async () => {
  await using own = await connect('http')
  const tools = await mcpTools(own.client, {
    approve: ({ annotations }) => annotations?.destructiveHint === true,
  })
  const { last } = await results(['die', 'texts'], { tools })
  expect(last.waiting).toEqual([{ id: '0', name: 'die', input: {}, for: 'approval' }])
  expect(own.notices.lines).not.toContain('called die')
  const byInput = await mcpTools(own.client, {
    approve: ({ name }) => name === 'echo' && (({ amount }) => amount > 100),
  })
  const { last: second } = await results(
    [
      ['echo', { amount: 101 }],
      ['echo', { amount: 1 }],
    ],
    {
      tools: byInput,
    },
  )
  expect(second.waiting).toMatchObject([{ id: '0', for: 'approval' }])
  const { texts } = await mcpTools(own.client, { approve: true, once: true })
  expect(texts).toMatchObject({ approve: true, once: true })
})

describe('mistakes', () => {
  test('anything but a client is a TypeError', async () => {
    await expect(mcpTools({} as never)).rejects.toThrow(
      new TypeError(
        'Option "client" is {}. Allowed: a connected Client of @modelcontextprotocol/sdk.',
      ),
    )
  })

  test.each([
    [{ prefix: 'a b' }, /mcpTools\.prefix/],
    [{ prefix: 'x'.repeat(33) }, /mcpTools\.prefix/],
    [{ prefx: 'a' }, /Did you mean "prefix"/],
    [{ approve: 'always' }, /mcpTools\.approve/],
  ])('the option %j is a TypeError', async (options, message) => {
    const client = { listTools: () => undefined, callTool: () => undefined }
    await expect(mcpTools(client as never, options as never)).rejects.toThrow(message)
  })

  test('a client that is not connected rejects, and its calls fail without being sent', async () => {
    const own = await connect('http')
    const tools = await mcpTools(own.client)
    await own[Symbol.asyncDispose]()
    const { results: all } = await results(['echo'], { tools })
    expect(all).toEqual([{ output: 'The tool failed.', isError: true }])
    await expect(mcpTools(own.client)).rejects.toThrow('Not connected')
  })

  test('a list that cannot be read in a turn is the error of the turn', async () => {
    const own = await connect('http')
    const tools = await mcpTools(own.client)
    await own[Symbol.asyncDispose]()
    const beforeStep = async () => ({ tools: await mcpTools(own.client) })
    const driver = scripted(['Hi'])
    const events = await collect(createStream({ driver, prompt: 'p', tools, beforeStep }))
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { message: 'Not connected' } })
    expect((events.at(-1) as { error: unknown }).error).toBeInstanceOf(StreamError)
  })
})
