/**
 * Writes streams to the HTTP responses of Node, and brings a `fetch` of its own.
 *
 * @module sluice/node
 */

export { type NodeResponseInit, pipeToNode } from '../carriers/node.js'
export type { Dispatcher, DispatchOptions } from '../node/dispatcher.js'
export { createNodeFetch, type NodeFetchOptions, nodeFetch } from '../node/node-fetch.js'
