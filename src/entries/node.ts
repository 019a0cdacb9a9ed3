/**
 * Writes streams to the HTTP responses of Node.
 *
 * @module sluice/node
 */

export { type NodeResponseInit, pipeToNode } from '../carriers/node.js'
