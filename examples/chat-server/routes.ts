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

/** For the page: the key of a turn is also the id of its stream. `jar` keeps the browser's cookie. */
const turn = {
  path: '/api/conversations/ada/messages',
  body: { key: 'ada.1', message: 'Call a tool' },
}

const others = [
  { options: '-X DELETE', path: '/ai/conversation/ada' },
  { options: '-N -c jar -b jar', path: '/api/streams/ada.1?after=3' },
  { options: '-c jar -b jar -X DELETE', path: '/api/streams/ada.1' },
  { options: '-c jar -b jar', path: '/api/conversations/ada' },
  { options: '-c jar -b jar', path: '/api/conversations' },
]

/** A command for each route, ready to paste. */
export function describeRoutes(origin: string): string {
  const json = (options: string, { path, body }: { path: string; body: object }): string =>
    `curl ${options} ${origin}${path} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
  const commands = [...routes.map((route) => json('-N', route)), json('-N -c jar -b jar', turn)]
  const rest = others.map(({ options, path }) => `curl ${options} '${origin}${path}'`)
  return [...commands, ...rest].join('\n')
}
