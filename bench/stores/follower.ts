/**
 * A process that follows streams of another process, and prints the age of each token when it arrives, in milliseconds.
 */

import { createResumable } from 'sluice/resumable'
import { open, type Place } from './places.ts'
import { now } from './streams.ts'

const { place, ids } = JSON.parse(process.argv[2] ?? '') as { place: Place; ids: string[] }
const { log, close } = open(place)
const resumable = createResumable({ log })
const ages: number[] = []

await Promise.all(
  ids.map(async (id) => {
    const stream = await resumable.follow(id)
    if (stream === null) throw new Error(`There is no stream ${id}.`)
    console.error(`following ${id}`)
    for await (const event of stream) {
      if (event.type === 'error') throw event.error
      if (event.type === 'content' && event.kind === 'text') ages.push(now() - Number(event.text))
    }
  }),
)
await close()
console.log(JSON.stringify(ages))
