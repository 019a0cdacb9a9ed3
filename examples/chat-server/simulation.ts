/**
 * What the simulated model answers: the words of a question choose what it shows, so that a page can
 * be tried without a key.
 */

import type { Answer, SimulatedRequest } from 'sluice/testing'
import { type Asked, readAsked } from './simulation-request.ts'

/** Answers for `simulatedProvider({ answer })`. */
export function simulation(): (request: SimulatedRequest) => Answer {
  /** Questions whose first attempt has failed. */
  const failed = new Set<string>()
  return (request) => {
    const asked = readAsked(request.body)
    const question = asked.question.toLowerCase()
    const answer =
      asked.results.length > 0 ? plainAnswer(asked) : answerTo(question, asked, request)
    // A model that is asked to continue its own answer.
    if (asked.partial !== undefined) return { text: restOf(answer.text, asked.partial) }
    if (!question.includes('fail in the middle') || failed.delete(question)) return answer
    failed.add(question)
    return { ...answer, fault: { kind: 'cut', afterEvents: 20 } }
  }
}

type Parts = Exclude<Answer, string>

function answerTo(question: string, asked: Asked, { wire }: SimulatedRequest): Parts {
  const has = (...words: string[]): boolean => words.some((word) => question.includes(word))
  if (asked.hasTools) {
    if (has('call a tool', 'weather')) return call('weather', { city: 'Oslo' })
    if (has('email')) return call('send_email', email)
    if (has('pick a date')) return call('pick_date', { label: 'Departure' })
  }
  if (has('fail at once')) return { fault: { kind: 'status', status: 500 } }
  if (has('fail for good')) return { text: story(3), fault: { kind: 'cut', afterEvents: 12 } }
  if (has('fail in the middle')) return { text: story(5) }
  if (has('think first')) return { reasoning: thoughts, text: 'Blue light is scattered the most.' }
  if (has('code')) return { text: code }
  if (has('table')) return { text: table }
  if (has('maths', 'formula')) return { text: maths }
  const [, sentences] = /(\d{1,3}) sentences/.exec(question) ?? []
  if (sentences !== undefined) return { text: story(Number(sentences)) }
  if (has('long answer')) return { text: story(100) }
  if (!has('image', 'picture')) return plainAnswer(asked)
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

const maths = String.raw`The mean \(\bar{x}\) of \(n\) values, and how far they are from it:

$$
\sigma = \sqrt{\frac{1}{n} \sum_{i=1}^{n} (x_i - \bar{x})^2}
$$

It costs $5, not $6.`

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

function plainAnswer({ question, first, count, results }: Asked): Parts {
  const sentences = [
    'Olá! 👋 This is a simulated model, so the answer is canned, but it did read what you sent.',
    `You asked: ${quote(question)}.`,
    results.length > 0 ? `The tools returned: ${results.map(quote).join(', ')}.` : '',
    `The conversation came with ${count} message${count === 1 ? '' : 's'}.`,
    first === undefined ? '' : `It began with: ${quote(first)}.`,
    'Every word arrives as an event of its own, like water through a sluice, until the last one says that the answer is whole. Voilà, déjà fini! 🌊',
  ]
  return { text: sentences.filter((sentence) => sentence !== '').join(' ') }
}

function quote(text: string): string {
  return `"${[...text].slice(0, 200).join('')}"`
}

function restOf(text: string = '', partial: string): string {
  return text.startsWith(partial) ? text.slice(partial.length) : ' That is the rest.'
}

function call(name: string, input: object): Parts {
  return { toolCalls: [{ name, input }] }
}

const email = { to: 'ada@example.com', subject: 'Lunch', text: 'Shall we meet at noon?' }
