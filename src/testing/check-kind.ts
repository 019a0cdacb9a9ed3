/**
 * Checks of objects whose `kind` says which options they have.
 *
 * @module
 */

import {
  anything,
  checkOptions,
  checkValue,
  oneOf,
  type Rule,
  type Rules,
  required,
} from '../base/check-options.js'
import { optionError } from '../base/option-error.js'
import { isRecord } from '../base/read-json.js'

/** The member of a union with this kind, also where one member has several kinds. */
type Member<Union, Kind> = Union extends { kind: infer Kinds }
  ? Kind extends Kinds
    ? Union
    : never
  : never

/** One table of rules for each kind. */
export type KindRules<Union extends { kind: string }> = {
  readonly [Kind in Union['kind']]: Rules<Omit<Member<Union, Kind>, 'kind'>>
}

/** @throws TypeError for an unknown kind, and for options that this kind does not have or allow */
export function checkKind(
  option: string,
  value: unknown,
  tables: Readonly<Record<string, Readonly<Record<string, Rule>>>>,
): void {
  if (!isRecord(value)) throw optionError(option, value, 'an object with a kind')
  const kinds = required(oneOf(...Object.keys(tables)))
  checkValue(`${option}.kind`, value.kind, kinds)
  checkOptions(option, value, { kind: anything, ...tables[String(value.kind)] })
}
