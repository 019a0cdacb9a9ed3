/**
 * Writes streams to the HTTP responses of Node, and brings a `fetch` of its own.
 *
 * @module sluice/node
 */

export { type NodeResponseInit, pipeToNode } from '../carriers/node.js'
export { createNodeFetch, type NodeFetchOptions } from '../node/create-node-fetch.js'
export type { Dispatcher, DispatchOptions } from '../node/dispatcher.js'
export { nodeFetch } from '../node/node-fetch.js'
