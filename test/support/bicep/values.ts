/** The value of an expression. Lists and objects may hold values that only a deployment knows. */
export type Value = string | number | boolean | null | readonly Value[] | ObjectValue | Unknown

export interface ObjectValue {
  readonly [name: string]: Value
}

/** A value that only a deployment knows, such as a resource's id. `text` is the expression that leads to it. */
export class Unknown {
  readonly text: string
  readonly #members: (name: string | number) => Value | undefined

  /** `members` returns the parts of the value that are known. */
  constructor(text: string, members: (name: string | number) => Value | undefined = () => undefined) {
    this.text = text
    this.#members = members
  }

  member(name: string | number): Value {
    const known = this.#members(name)
    if (known !== undefined) return known
    return new Unknown(typeof name === 'number' ? `${this.text}[${name}]` : `${this.text}.${name}`)
  }

  toString(): string {
    return `{${this.text}}`
  }
}

export const isObject = (value: Value): value is ObjectValue =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unknown)

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value)

/** Text for messages and for comparisons: equal values have equal texts. */
export function textOf(value: Value): string {
  if (value instanceof Unknown) return value.toString()
  if (isList(value)) return `[${value.map(textOf).join(', ')}]`
  if (isObject(value)) {
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([name, of]) => `${JSON.stringify(name)}: ${textOf(of)}`).join(', ')}}`
  }
  return JSON.stringify(value)
}

export const isEqual = (left: Value, right: Value): boolean => textOf(left) === textOf(right)

/** The text that an interpolation or `string()` makes of the value. */
export const asText = (value: Value): string =>
  typeof value === 'string' ? value : value instanceof Unknown ? value.toString() : JSON.stringify(value)
