/**
 * What needs the types of Node.
 */

import { createServer } from 'node:http'
import { createStream, sse } from 'sluice'
import { pipeToNode } from 'sluice/node'
import { scripted } from 'sluice/testing'

export const server = createServer((_request, response) => {
  void pipeToNode(createStream({ driver: scripted([['Hello']]), prompt: 'p' }), response, sse())
})
