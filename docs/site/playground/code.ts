/**
 * The code that does what is set.
 */

import {
  hasTool,
  prompt,
  toolDescription,
  toolName,
  toolResult,
  type WireName,
  wires,
} from './scenarios.ts'
import { defaults, type Settings } from './settings.ts'

const calls: Record<WireName, { entry: string; call: string }> = {
  openai: { entry: 'openai', call: `openai({ model: '${wires.openai.model}' })` },
  responses: {
    entry: 'openai',
    call: `openai({ model: '${wires.responses.model}', api: 'responses' })`,
  },
  anthropic: { entry: 'anthropic', call: `anthropic({ model: '${wires.anthropic.model}' })` },
  gemini: { entry: 'gemini', call: `gemini({ model: '${wires.gemini.model}' })` },
  compatible: {
    entry: 'compatible',
    call: `compatible({ baseURL: 'http://localhost:8000/v1', model: '${wires.compatible.model}' })`,
  },
}

export function codeFor(settings: Settings): string {
  return settings.scenario === 'killed' ? serverCode(settings) : streamCode(settings)
}

function streamCode(settings: Settings): string {
  const tools = hasTool(settings.scenario)
  const options = ['driver', `prompt: '${prompt}'`, ...(tools ? ['tools'] : [])]
  options.push(...optionLines(settings))
  return `${imports(settings, ['createStream', ...(tools ? ['tool'] : [])])}

${driverLine(settings)}
${tools ? toolCode : ''}
const stream = createStream({
${options.map((line) => `  ${line},`).join('\n')}
})

for await (const event of stream) {
  if (event.type === 'content' && event.kind === 'text') process.stdout.write(event.text)
  // After a restart, content from block \`from\` on is discarded.
  if (event.type === 'retry') console.log(event.error.code, event.mode, event.from ?? 0)
  if (event.type === 'complete') console.log(event.finishReason, event.attempts)
  if (event.type === 'error') console.error(event.error.code, event.error.message)
}
`
}

const toolCode = `
const tools = {
  ${toolName}: tool({
    description: '${toolDescription}',
    parameters: { type: 'object', properties: { port: { type: 'string' } } },
    run: ({ port }) => \`\${port}: ${toolResult}\`,
  }),
}
`

function serverCode(settings: Settings): string {
  const policy = optionLines({ ...settings, chunkMs: defaultChunkMs })
  const options = ['id', 'store', 'driver', 'leaseMs: 2_000', ...policy]
  return `import { createClient } from 'redis'
${imports(settings, ['sse', 'toResponse'])}
import { createConversation } from 'sluice/conversation'
import { redisLog, redisStore } from 'sluice/redis'
import { createResumable } from 'sluice/resumable'

const client = await createClient({ url: process.env.REDIS_URL ?? '' }).connect()
${driverLine(settings)}
const store = redisStore(client)
const conversation = (id: string) =>
  createConversation({ ${options.join(', ')} })
const resumable = createResumable({
  log: redisLog(client),
  leaseMs: 2_000,
  revive: (id, left) => conversation(id).resume(left),
})

// POST: in one process
export async function ask(id: string, prompt: string) {
  await resumable.publish(id, conversation(id).send(prompt, { key: id }))
  return rest(id, null)
}

// GET, when the page reconnects with its Last-Event-ID: in any process
export async function rest(id: string, lastEventId: string | null) {
  const stream = await resumable.follow(id, lastEventId)
  if (stream === null) return new Response(null, { status: 404 })
  return toResponse(stream, sse(), { headers: { 'content-location': \`/streams/\${id}\` } })
}
`
}

function imports({ wire, fallback }: Settings, names: string[]): string {
  const { entry } = calls[wire]
  const core = [...names, ...(fallback ? ['fallback'] : [])].toSorted()
  const lines = [
    `import { ${core.join(', ')} } from 'sluice'`,
    `import { ${entry} } from 'sluice/${entry}'`,
  ]
  if (fallback && entry !== 'compatible')
    lines.push("import { compatible } from 'sluice/compatible'")
  return lines.join('\n')
}

function driverLine({ wire, fallback }: Settings): string {
  const { call } = calls[wire]
  if (!fallback) return `const driver = ${call}`
  return `const driver = fallback(
  ${call},
  compatible('groq', { model: 'second-model' }),
)`
}

/** That of the package. */
const defaultChunkMs = 60_000

/** Only what differs from what the package does by itself. */
function optionLines(settings: Settings): string[] {
  const { maxRetries, afterContent, holdBackChars, chunkMs } = settings
  const retry = [
    ...(maxRetries === defaults.maxRetries ? [] : [`maxRetries: ${maxRetries}`]),
    ...(afterContent === defaults.afterContent ? [] : [`afterContent: '${afterContent}'`]),
    ...(holdBackChars === 0 ? [] : [`holdBackChars: ${holdBackChars}`]),
  ]
  return [
    ...(retry.length === 0 ? [] : [`retry: { ${retry.join(', ')} }`]),
    ...(chunkMs === 60_000
      ? []
      : [`timeout: { chunkMs: ${chunkMs.toLocaleString('en').replace(',', '_')} }`]),
  ]
}
