/**
 * Writes a stream to Node's own HTTP responses.
 *
 * @module sluice/node
 */

export { type NodeResponseInit, pipeToNode } from '../carriers/node.js'
