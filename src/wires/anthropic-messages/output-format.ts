/**
 * Structured output in the words of the Messages API.
 *
 * @module
 * @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */

import { isRecord } from '../../base/read-json.js'
import type { JsonSchema } from '../../base/schema.js'
import { closeSchema, type Dialect, isStringFormat } from '../closed-schema.js'
import { type OutputPlan, planOutput } from '../output-plan.js'

const dialect: Dialect = {
  allowsOptional: true,
  keeps: (keyword, value) =>
    keyword === 'format'
      ? value === 'uri' || isStringFormat(value)
      : keyword === 'minItems' && (value === 0 || value === 1),
}

/**
 * The provider holds the model to closed objects that do not contain themselves. Of other schemas the model is told in the
 * instructions.
 */
export function planMessagesOutput(given: JsonSchema): OutputPlan {
  const plan = planOutput(given, 'json-schema')
  const schema = isRecursive(plan.schema) ? undefined : closeSchema(plan.schema, dialect)
  if (schema === undefined) return planOutput(given, 'instructions')
  return { ...plan, format: { type: 'json_schema', schema } }
}

/** Whether following the references of a schema leads into a circle. */
function isRecursive(root: JsonSchema): boolean {
  const straight = new Set<string>()
  const visit = (node: unknown, path: readonly string[]): boolean => {
    if (Array.isArray(node)) return node.some((item) => visit(item, path))
    if (!isRecord(node)) return false
    const { $ref, $defs: _defs, definitions: _definitions, ...rest } = node
    if (typeof $ref === 'string' && !straight.has($ref)) {
      if (path.includes($ref) || visit(resolve(root, $ref), [...path, $ref])) return true
      straight.add($ref)
    }
    return Object.values(rest).some((value) => visit(value, path))
  }
  return visit(root, ['#'])
}

/** What a reference leads to, inside the schema. */
function resolve(root: JsonSchema, reference: string): unknown {
  let node: unknown = root
  for (const step of reference.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    node = isRecord(node) || Array.isArray(node) ? (node as Record<string, unknown>)[name] : {}
  }
  return node
}
