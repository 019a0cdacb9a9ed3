import { createStream, fallback, type StreamOptions } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { compatible } from 'sluice/compatible'
import { simulatedProvider } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { mergeOptions, optionsOf } from '../../src/wires/provider-options.js'
import { everyDriver } from '../support/every-driver.js'

type Body = Record<string, unknown>

const save = { parameters: { type: 'object', properties: {} } } as const

describe('options of the request', () => {
  test.each(everyDriver)('$name merges objects deeply over the driver’s own', async (row) => {
    const { fetch, requests } = simulatedProvider()
    const driver = row.driver({ fetch, model: row.model })
    const options: Body = { metadata: { user: 'u' }, further: [1] }
    await createStream({
      driver,
      prompt: 'p',
      providerOptions: { [driver.provider]: options, other: { never: true } },
    }).text()
    expect(requests[0]?.body).toMatchObject(options)
    expect(JSON.stringify(requests[0]?.body)).not.toContain('never')
  })

  test.each(everyDriver)(
    '$name keeps the functions beside the tools of its server',
    async (row) => {
      const { fetch, requests } = simulatedProvider()
      const driver = row.driver({ fetch, model: row.model })
      const providerOptions = { [driver.provider]: { tools: [{ type: 'own_search' }] } }
      await createStream({ driver, prompt: 'p', tools: { save }, providerOptions }).text()
      const { tools = [] } = (requests[0]?.body ?? {}) as { tools?: Body[] }
      expect(JSON.stringify(tools)).toContain('"save"')
      expect(tools).toContainEqual({ type: 'own_search' })
    },
  )

  test('one request has options for both drivers of a fallback', async () => {
    const { fetch, requests } = simulatedProvider({
      answer: [{ fault: { kind: 'status', status: 500 } }, 'Hi'],
    })
    const baseURL = 'http://provider.test/v1'
    const driver = fallback([
      compatible({ baseURL, model: 'a', name: 'first', apiKey: 'k', fetch }),
      anthropic({ baseURL: 'http://provider.test', apiKey: 'k', model: 'claude-opus-5', fetch }),
    ])
    const providerOptions = { first: { one: 1 }, anthropic: { two: 2 } }
    await createStream({ driver, prompt: 'p', retry: false, providerOptions }).text()
    expect(requests.map(({ body }) => body)).toMatchObject([{ one: 1 }, { two: 2 }])
    expect(requests[0]?.body).not.toHaveProperty('two')
    expect(requests[1]?.body).not.toHaveProperty('one')
  })

  test('the driver’s body is under them', async () => {
    const { fetch, requests } = simulatedProvider()
    const body = { user: 'all', metadata: { team: 't' } }
    const baseURL = 'http://provider.test/v1'
    const driver = compatible({ baseURL, model: 'm', apiKey: 'k', fetch, body })
    const providerOptions = { compatible: { metadata: { user: 'one' } } }
    await createStream({ driver, prompt: 'p', providerOptions }).text()
    expect(requests[0]?.body).toMatchObject({ user: 'all', metadata: { team: 't', user: 'one' } })
  })

  test.each([
    [{ temperature: 1 }, 'providerOptions.temperature'],
    [[], 'providerOptions'],
  ])('%j is refused at the call, because options are by provider', (providerOptions, name) => {
    const { fetch } = simulatedProvider()
    const driver = compatible({ baseURL: 'http://a.test', model: 'm', fetch })
    const options = { driver, prompt: 'p', providerOptions } as unknown as StreamOptions
    expect(() => createStream(options)).toThrow(`"${name}"`)
  })
})

describe('merging', () => {
  test('changes neither side, joins only the named lists, and repeats nothing', () => {
    const own = { tools: ['a'], list: [1], deep: { a: 1, b: { c: 1 } } }
    const options = { tools: ['a', 'b'], list: [2], deep: { b: { d: 2 } }, more: null }
    const before = structuredClone([own, options])
    expect(mergeOptions(own, options, ['tools'])).toEqual({
      tools: ['a', 'b'],
      list: [2],
      deep: { a: 1, b: { c: 1, d: 2 } },
      more: null,
    })
    expect([own, options]).toEqual(before)
  })

  test('takes no option from a prototype', () => {
    for (const provider of ['constructor', '__proto__', 'toString']) {
      expect(optionsOf({}, provider)).toEqual({})
    }
    mergeOptions({}, JSON.parse('{"__proto__":{"polluted":1}}') as Body)
    expect({}).not.toHaveProperty('polluted')
  })
})
