/**
 * The package in each framework, mounted as its users mount it.
 */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { H3 } from 'h3'
import { toNodeHandler } from 'h3/node'
import { Hono } from 'hono'
import Koa from 'koa'
import type { EventStream } from '../../src/base/event-stream.js'
import type { Format } from '../../src/base/stream-format.js'
import { toResponse } from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'

/** What a route answers with, by its path. */
export type Answer = (path: string) => { stream: EventStream; format: Format }

export interface Mounted {
  url: string
  server: Server
}

/** Each makes a server that is listening. */
export const mounts: Record<string, (answer: Answer) => Promise<Mounted>> = {
  'node:http': (answer) =>
    listen(
      createServer((request, response) => {
        const { stream, format } = answer(request.url ?? '')
        void pipeToNode(stream, response, format)
      }),
    ),

  'Express 5': (answer) => {
    const app = express()
    app.get('/:path', async (request, response) => {
      const { stream, format } = answer(request.path)
      await pipeToNode(stream, response, format)
    })
    return listen(createServer((request, response) => void app(request, response)))
  },

  'Fastify 5': async (answer) => {
    const app = fastify()
    app.addHook('onRequest', async (_request, reply) => void reply.header('x-hook', 'kept'))
    app.get('/:path', async (request, reply) => {
      const { stream, format } = answer(request.url)
      reply.hijack()
      // What hooks have set is not on the raw response yet.
      await pipeToNode(stream, reply.raw, format, { headers: reply.getHeaders() })
    })
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    return { url, server: app.server }
  },

  'Koa 3': (answer) => {
    const app = new Koa()
    app.use(async (context) => {
      const { stream, format } = answer(context.path)
      context.respond = false
      await pipeToNode(stream, context.res, format)
    })
    const handle = app.callback()
    return listen(createServer((request, response) => void handle(request, response)))
  },

  'Hono 4': (answer) => {
    const app = new Hono()
    app.get('/:path', async ({ req }) => {
      const { stream, format } = answer(req.path)
      const response = await toResponse(stream, format)
      // Without it, @hono/node-server reads some chunks ahead to see whether it can tell the length. A failure has its length.
      if (response.ok) response.headers.set('transfer-encoding', 'chunked')
      return response
    })
    return listen(createAdaptorServer({ fetch: app.fetch }) as Server)
  },

  'h3 2': (answer) => {
    const app = new H3()
    app.get('/:path', ({ url }) => {
      const { stream, format } = answer(url.pathname)
      return toResponse(stream, format)
    })
    const handle = toNodeHandler(app)
    return listen(createServer((request, response) => void handle(request, response)))
  },
}

async function listen(server: Server): Promise<Mounted> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}
