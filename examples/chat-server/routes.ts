/**
 * The routes as a person tries them.
 */

const prompt = 'Why is the sky blue?'
const messages = [
  { role: 'system', content: 'Answer in one sentence.' },
  { role: 'user', content: prompt },
]

const routes = [
  { path: '/openai/basic', body: { prompt } },
  { path: '/claude/basic', body: { prompt } },
  { path: '/gemini/basic', body: { prompt } },
  { path: '/openai/sse', body: { messages } },
  { path: '/claude/sse', body: { messages, max_tokens: 500 } },
  { path: '/gemini/sse', body: { messages, temperature: 0.2 } },
  { path: '/ai/unified', body: { provider: 'claude', messages } },
  { path: '/ai/retry', body: { prompt, max_retries: 2 } },
  { path: '/ai/conversation', body: { session_id: 'ada', message: prompt, provider: 'claude' } },
]

/** Those without a body. `-i` of the route above shows the id of its stream. */
const others = [
  { options: '-N', path: '/ai/stream/<id>?after=3' },
  { options: '-X DELETE', path: '/ai/stream/<id>' },
  { options: '-X DELETE', path: '/ai/conversation/ada' },
]

/** A command for each route, ready to paste. */
export function describeRoutes(origin: string): string {
  const commands = routes.map(({ path, body }) => {
    const data = JSON.stringify(body)
    return `curl -N ${origin}${path} -H 'content-type: application/json' -d '${data}'`
  })
  const rest = others.map(({ options, path }) => `curl ${options} '${origin}${path}'`)
  return [...commands, ...rest].join('\n')
}
