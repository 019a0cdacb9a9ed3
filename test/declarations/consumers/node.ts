/**
 * What needs the types of Node.
 */

import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { createStream, sse } from 'sluice'
import { pipeToNode } from 'sluice/node'
import { sqliteLog, sqliteStore } from 'sluice/sqlite'
import { scripted } from 'sluice/testing'

export const server = createServer((_request, response) => {
  void pipeToNode(createStream({ driver: scripted([['Hello']]), prompt: 'p' }), response, sse())
})

const database = new DatabaseSync(':memory:')
export const kept = [sqliteStore(database), sqliteLog(database)]
