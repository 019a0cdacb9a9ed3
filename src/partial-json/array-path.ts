/**
 * The types of the arrays within a value, and of their elements.
 *
 * @module
 */

/** Where the search ends: the types of recursive values have no end. */
type Deepest = 6

/**
 * The paths to the arrays within a value: keys separated by dots, `*` for every element of an array
 * on the way, and the empty string for the value itself. Any string if the type of the value is
 * unknown, and below six levels.
 */
export type ArrayPath<Value, Depth extends readonly 0[] = []> = unknown extends Value
  ? string
  : Value extends object
    ? Depth['length'] extends Deepest
      ? string
      : Value extends readonly (infer Element)[]
        ? '' | Join<'*', ArrayPath<Element, [...Depth, 0]>>
        : {
            [Key in keyof Value & string]-?: Join<Key, ArrayPath<Value[Key], [...Depth, 0]>>
          }[keyof Value & string]
    : never

type Join<Step extends string, Rest extends string> = string extends Rest
  ? Step | `${Step}.${Rest}`
  : Rest extends ''
    ? Step
    : `${Step}.${Rest}`

/**
 * The elements of the arrays that a path leads to. Members of a union without such an array add
 * nothing.
 */
export type ElementAt<Value, Path extends string> = Path extends ''
  ? ElementOf<Value>
  : Path extends `${infer Step}.${infer Rest}`
    ? ElementAt<ChildOf<Value, Step>, Rest>
    : ElementOf<ChildOf<Value, Path>>

type ElementOf<Value> = unknown extends Value
  ? unknown
  : Value extends readonly (infer Element)[]
    ? Element
    : never

type ChildOf<Value, Step extends string> = unknown extends Value
  ? unknown
  : Value extends readonly (infer Element)[]
    ? Step extends '*'
      ? Element
      : never
    : Value extends object
      ? Step extends keyof Value
        ? Value[Step]
        : never
      : never
