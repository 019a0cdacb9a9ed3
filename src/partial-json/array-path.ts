/**
 * The types of the arrays within a value, and of their elements.
 *
 * @module
 */

/**
 * The paths to the arrays within a value: keys separated by dots, `*` for every element of an array
 * on the way, and the empty string for the value itself. Any string if the type of the value is
 * unknown, and below six levels, because recursive types have no end.
 *
 * `Path` is the path to the value, and `Depth` has one entry for each step to it. Both are for the
 * recursion.
 */
export type ArrayPath<
  Value,
  Path extends string = '',
  Depth extends readonly 0[] = [],
> = unknown extends Value
  ? Path | (Path extends '' ? string : `${Path}.${string}`)
  : Value extends object
    ? Depth['length'] extends 6
      ? Path | `${Path}.${string}`
      : Value extends readonly (infer Element)[]
        ? Path | ArrayPath<Element, Path extends '' ? '*' : `${Path}.*`, [...Depth, 0]>
        : {
            [Key in keyof Value & string]-?: ArrayPath<
              Value[Key],
              Path extends '' ? Key : `${Path}.${Key}`,
              [...Depth, 0]
            >
          }[keyof Value & string]
    : never

/**
 * The elements of the arrays that a path leads to. Members of a union without such an array add
 * nothing.
 */
export type ElementAt<Value, Path extends string> = unknown extends Value
  ? unknown
  : Path extends ''
    ? Value extends readonly (infer Element)[]
      ? Element
      : never
    : Path extends `${infer Step}.${infer Rest}`
      ? Value extends readonly (infer Element)[]
        ? Step extends '*'
          ? ElementAt<Element, Rest>
          : never
        : Step extends keyof Value
          ? ElementAt<Value[Step], Rest>
          : never
      : // The last step, written like the others.
        ElementAt<Value, `${Path}.`>
