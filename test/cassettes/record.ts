/**
 * Records the cassettes of this folder: `npm run build && npm exec -- node test/cassettes/record.ts`.
 */

import { createStream } from 'sluice'
import { record, simulatedProvider } from 'sluice/testing'
import { origin, said, wires } from '../support/cassettes.ts'

const upstream = await simulatedProvider({ paceMs: 3, answer: said }).listen()
for (const { file, driver } of Object.values(wires)) {
  // Under an address that stays.
  const recording = record((input, init) => {
    const { url } = new Request(input)
    return fetch(url.replace(origin, upstream.url), init)
  }, file)
  await createStream({ driver: driver(recording), prompt: 'Hello!', retry: false }).final()
  await recording.saved()
}
await upstream.close()
