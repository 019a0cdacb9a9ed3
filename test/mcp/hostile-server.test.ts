import { type McpClient, type McpTool, mcpTools } from 'sluice/mcp'
import { describe, expect, test } from 'vitest'
import { results } from './support/turn.js'

/** A client whose server answers with anything. */
function client(
  tools: readonly Partial<McpTool>[],
  result: unknown = {},
): McpClient & { calls: unknown[] } {
  const calls: unknown[] = []
  return {
    calls,
    listTools: async () => ({
      tools: tools.map((tool) => ({ name: 'f', inputSchema: { type: 'object' }, ...tool })),
    }),
    callTool: async (call) => {
      calls.push(call)
      return result
    },
  }
}

describe('a list of tools', () => {
  test.each([
    ['an array', { type: 'array' }],
    ['nothing', {}],
  ])('whose schema describes %s is refused', async (_name, inputSchema) => {
    await expect(mcpTools(client([{ name: 'bad', inputSchema }]))).rejects.toMatchObject({
      code: 'protocol',
      message: 'The inputSchema of the MCP tool "bad" does not describe an object.',
    })
  })

  test('whose schema is too deep for providers and for this process is refused', async () => {
    for (const depth of [2_000, 200_000]) {
      const text = `${'{"type":"object","properties":{"a":'.repeat(depth)}{}${'}}'.repeat(depth)}`
      const inputSchema = JSON.parse(text)
      await expect(mcpTools(client([{ inputSchema }]))).rejects.toMatchObject({
        code: 'protocol',
        message: expect.stringContaining('inputSchema of the MCP tool "f" is nested'),
      })
    }
  })

  test('that does not end is refused', async () => {
    const same = { ...client([]), listTools: async () => ({ tools: [], nextCursor: 'a' }) }
    await expect(mcpTools(same)).rejects.toMatchObject({ code: 'protocol' })
    let page = 0
    const other = {
      ...client([]),
      listTools: async () => ({ tools: [], nextCursor: String(page++) }),
    }
    await expect(mcpTools(other)).rejects.toMatchObject({ code: 'protocol' })
  })

  test('that has a name twice has one tool, and none that runs only as a task', async () => {
    const tools = await mcpTools(
      client([
        { description: 'first' },
        { description: 'second' },
        { name: 't', execution: { taskSupport: 'required' } },
      ]),
    )
    expect(Object.keys(tools)).toEqual(['f'])
    expect(tools.f?.description).toBe('first')
  })

  test('has one name for each tool, whatever the order', async () => {
    const names = ['a.b', 'a_b', 'a/b', '2fa', '-x', '', 'é', '\ud800', '__proto__', 'x'.repeat(70)]
    const written = async (list: readonly string[]) => {
      const tools = await mcpTools(client(list.map((name) => ({ name, title: name }))))
      return Object.fromEntries(
        Object.entries(tools).map(([name, { description = '' }]) => [description, name]),
      )
    }
    const first = await written(names)
    expect(first).toEqual(await written(names.toReversed()))
    expect(first.a_b).toBe('a_b')
    expect(first['2fa']).toBe('_2fa')
    const given = Object.values(first)
    expect(new Set(given).size).toBe(names.length)
    expect(given.filter((name) => !/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/.test(name))).toEqual([])
    expect(given).not.toContain('__proto__')
  })
})

describe('a result', () => {
  test.each([
    [undefined, ''],
    [null, ''],
    ['text', ''],
    [{ content: 'text' }, ''],
    [{ content: [null, 1, { type: 'text' }] }, ''],
    [{ content: [{ type: 'text', text: '\ud800' }] }, '\ufffd'],
    [{ content: [{ type: 'resource' }] }, '\n'],
    [{ content: [{ type: 'new', x: 1 }] }, '{"type":"new","x":1}'],
    [{ structuredContent: null, content: [] }, ''],
    [{ structuredContent: { a: 1 }, content: [{ type: 'text', text: '{' }] }, { a: 1 }],
  ])('%j never fails the turn', async (result, output) => {
    const { results: all } = await results(['f'], { tools: await mcpTools(client([{}], result)) })
    expect(all).toMatchObject([{ output }])
    expect(all[0]).not.toHaveProperty('isError')
  })

  test('without data or type is a file without a type', async () => {
    const result = { content: [{ type: 'image' }] }
    const { results: all } = await results(['f'], { tools: await mcpTools(client([{}], result)) })
    expect(all).toEqual([
      { content: [{ type: 'file', data: '', mediaType: 'application/octet-stream' }] },
    ])
  })
})

describe('progress', () => {
  test('that floods keeps only what is newest', async () => {
    let count = 0
    const flood: McpClient = {
      ...client([{}]),
      async callTool(_call, _schema, { onprogress }) {
        for (; count < 100_000; count++) onprogress({ progress: count })
        return { content: [{ type: 'text', text: 'ok' }] }
      },
    }
    const { events } = await results(['f'], { tools: await mcpTools(flood) })
    const shown = events.filter((event) => event.type === 'content' && event.kind === 'tool-result')
    expect(count).toBe(100_000)
    expect(shown.length).toBeLessThan(3)
  })
})
