/**
 * The chat server with its page, and a provider whose answers a test chooses.
 */

import type { SimulatedProviderOptions } from 'sluice/testing'
import type { PageFiles } from '../../../examples/chat-server/page.ts'
import { readPage } from '../../../examples/chat-server/page-files.ts'
import { Sockets } from '../sockets.ts'

/** @throws Error if it has not been built */
export async function builtPage(): Promise<PageFiles> {
  const page = await readPage()
  if (page === undefined) throw new Error('The page has not been built.')
  return page
}

/** The answers come at once. */
export async function serveChat(answer?: SimulatedProviderOptions['answer']): Promise<Sockets> {
  const options = { paceMs: 0, ...(answer !== undefined && { answer }) }
  return Sockets.open(options, { page: await builtPage() })
}
