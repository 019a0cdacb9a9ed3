/**
 * Writes a stream to Node's own HTTP responses.
 *
 * @module
 */

export { type NodeResponseInit, pipeToNode } from './carriers/node.js'
