/**
 * A server with a library, in a process that can be killed: `node producer.ts <library> <wire>
 * <address of the provider>`. It prints its port, and writes the text of an answer to each response.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WireName } from '../../docs/site/playground/scenarios.ts'
import { players } from './players.ts'

const [, , library, wire, url = ''] = process.argv
const player = players.find((each) => each.library === library)

const server = createServer((_request, response) => {
  const onText = (text: string): void => {
    response.write(text)
  }
  player?.play({ wire: wire as WireName, url, onText }).then(
    () => response.end(),
    () => response.destroy(),
  )
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
