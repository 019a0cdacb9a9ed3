/**
 * What the simulated model answers: the words of a question choose what it shows, so that a page can
 * be tried without a key.
 */

import type { Answer, SimulatedRequest } from 'sluice/testing'

/** Answers for `simulatedProvider({ answer })`. */
export function simulation(): (request: SimulatedRequest) => Answer {
  /** Questions whose first attempt has failed. */
  const failed = new Set<string>()
  return (request) => {
    if (request.step > 1) return {}
    const { question, partial } = askedIn(request.body)
    const answer = answerTo(question, request)
    if (partial !== undefined) return { text: restOf(answer.text, partial) }
    // The next attempt succeeds.
    if (!question.includes('fail in the middle') || failed.delete(question)) return answer
    failed.add(question)
    return { ...answer, fault: { kind: 'cut', afterEvents: 20 } }
  }
}

type Parts = Exclude<Answer, string>

function answerTo(question: string, { wire }: SimulatedRequest): Parts {
  const has = (...words: string[]): boolean => words.some((word) => question.includes(word))
  if (has('call a tool')) return { toolCalls: [{ name: 'weather', input: { city: 'Oslo' } }] }
  if (has('fail at once')) return { fault: { kind: 'status', status: 500 } }
  if (has('fail for good')) return { text: story(3), fault: { kind: 'cut', afterEvents: 12 } }
  if (has('fail in the middle')) return { text: story(5) }
  if (has('think first')) return { reasoning: thoughts, text: 'Blue light is scattered the most.' }
  if (has('code')) return { text: code }
  if (has('table')) return { text: table }
  const [, sentences] = /(\d{1,3}) sentences/.exec(question) ?? []
  if (sentences !== undefined) return { text: story(Number(sentences)) }
  if (has('long answer')) return { text: story(100) }
  if (!has('image', 'picture')) return {}
  const text = 'Here is a picture of water. 🌊'
  if (wire === 'gemini') {
    const inlineData = { mimeType: 'image/png', data: png }
    return { text, blocks: [{ before: 'end', data: { inlineData } }] }
  }
  if (wire !== 'openai-responses') return { text: 'Choose Gemini for pictures.' }
  const data = { type: 'image_generation_call', status: 'completed', result: png }
  return { text, blocks: [{ before: 'end', data: { ...data, output_format: 'png' } }] }
}

const thoughts =
  'The user asks about the sky. Air scatters short waves more than long ones, so the answer is short.'

const code = `A stream in four lines:

\`\`\`ts
import { createStream } from 'sluice'

const stream = createStream({ driver, prompt: 'Why is the sky blue?' })
for await (const event of stream) {
  if (event.type === 'content' && event.kind === 'text') process.stdout.write(event.text)
}
\`\`\`

\`npm install sluice\` installs it.`

const table = `Five events, and when they come:

| event | comes | holds |
| --- | :---: | --- |
| \`start\` | first | the model |
| \`content\` | often | a piece of the answer |
| \`retry\` | after a failure | the reason |
| \`complete\` | at the end | the **whole** answer |
| \`error\` | at the end | the [reason](https://example.com) |

That is all.`

const png =
  'iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAMAAABg3Am1AAAADFBMVEULXYwui8B4vubW7vosFB7dAAAANklEQVR42u3QoREAMAzDQLfdf+dSEd8FBEo4b5AEHXTRQxEICvAzgi0wOeKoQNDA5IijAkEBHxDSDYGx3ucDAAAAAElFTkSuQmCC'

function story(length: number): string {
  const sentences = Array.from(
    { length },
    (_, index) => `Sentence ${index + 1} of ${length} flows by, one word at a time.`,
  )
  return sentences.join(length > 10 ? '\n\n' : ' ')
}

/** A model that continues its own answer. */
function restOf(text: string | undefined, partial: string): string {
  return text?.startsWith(partial) ? text.slice(partial.length) : ' That is the rest.'
}

interface Asked {
  question: string
  /** The answer so far, if it has to be continued. */
  partial?: string
}

/** Reads the request of any provider. */
function askedIn(body: unknown): Asked {
  const { messages, input, contents } = body as Partial<Record<string, Sent[]>>
  const texts = (messages ?? input ?? contents ?? [])
    .filter(({ role = '' }) => ['user', 'assistant', 'model'].includes(role))
    .map(({ role, content, parts }) => ({
      isUser: role === 'user',
      text: textOf(content ?? parts),
    }))
    .filter(({ text }) => text !== '')
  const last = texts.at(-1)
  const isAskedToContinue = last?.text.startsWith('Your last message was cut off') === true
  if (isAskedToContinue) texts.pop()
  const question = texts.findLast(({ isUser }) => isUser)?.text.toLowerCase() ?? ''
  const answer = texts.at(-1)
  return answer?.isUser === false ? { question, partial: answer.text } : { question }
}

interface Sent {
  role?: string
  content?: unknown
  parts?: unknown
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const list: { text?: unknown }[] = Array.isArray(content) ? content : []
  return list.map(({ text }) => (typeof text === 'string' ? text : '')).join('')
}
