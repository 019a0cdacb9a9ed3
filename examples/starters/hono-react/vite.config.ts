import { getRequestListener } from '@hono/node-server'
import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv, type Plugin } from 'vite'

/** The API, in the development server. Vite's proxy would hide a connection that breaks off. */
const api: Plugin = {
  name: 'api',
  configureServer(server) {
    Object.assign(process.env, loadEnv('', process.cwd(), 'OPENAI_'))
    server.middlewares.use((request, response, next) => {
      if (!request.url?.startsWith('/api/')) return next()
      server
        .ssrLoadModule('./app.ts')
        .then(({ app }) => getRequestListener(app.fetch)(request, response))
        .catch(next)
    })
  },
}

export default defineConfig({ plugins: [react(), api] })
