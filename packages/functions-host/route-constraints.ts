/**
 * Constraints of route parameters, with the meaning of ASP.NET Core's inline constraints.
 *
 * Source: ASP.NET Core, src/Http/Routing/src/Constraints. Values are the decoded text of the URL.
 */

export type RouteConstraint = (value: string) => boolean

const INTEGER_TEXT = /^\s*[+-]?\d+\s*$/
const DECIMAL_TEXT = /^\s*[+-]?(?:\d[\d,]*\.?\d*|\.\d+)\s*$/
const FLOAT_TEXT = /^\s*[+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i
const GUID_DIGITS = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const GUID_TEXT = new RegExp(
  `^\\s*(?:[0-9a-f]{32}|${GUID_DIGITS}|\\{${GUID_DIGITS}\\}|\\(${GUID_DIGITS}\\))\\s*$`,
  'i',
)
const LETTERS_ONLY = /^[A-Za-z]*$/
const INVOCATION = /^([a-z]+)(?:\((.*)\))?$/is

const int32 = { smallest: -(2n ** 31n), largest: 2n ** 31n - 1n }
const int64 = { smallest: -(2n ** 63n), largest: 2n ** 63n - 1n }

function toInteger(value: string, bounds: typeof int64): bigint | undefined {
  if (!INTEGER_TEXT.test(value)) return undefined
  const number = BigInt(value.trim().replace(/^\+/, ''))
  return number >= bounds.smallest && number <= bounds.largest ? number : undefined
}

/** Constraints without an argument. */
const plainConstraints: Readonly<Record<string, RouteConstraint>> = {
  int: (value) => toInteger(value, int32) !== undefined,
  long: (value) => toInteger(value, int64) !== undefined,
  guid: (value) => GUID_TEXT.test(value),
  alpha: (value) => LETTERS_ONLY.test(value),
  bool: (value) => /^\s*(?:true|false)\s*$/i.test(value),
  decimal: (value) => DECIMAL_TEXT.test(value),
  double: (value) => FLOAT_TEXT.test(value),
  float: (value) => FLOAT_TEXT.test(value),
  required: (value) => value !== '',
}

/** Constraints with numbers as arguments: the allowed counts of numbers, and the function that makes the constraint. */
const numericConstraints: Readonly<
  Record<string, readonly [counts: readonly number[], make: (numbers: bigint[]) => RouteConstraint]>
> = {
  min: [
    [1],
    ([least = 0n]) =>
      (value) =>
        (toInteger(value, int64) ?? least - 1n) >= least,
  ],
  max: [
    [1],
    ([most = 0n]) =>
      (value) =>
        (toInteger(value, int64) ?? most + 1n) <= most,
  ],
  range: [
    [2],
    ([least = 0n, most = 0n]) =>
      (value) => {
        const number = toInteger(value, int64)
        return number !== undefined && number >= least && number <= most
      },
  ],
  minlength: [
    [1],
    ([least = 0n]) =>
      (value) =>
        value.length >= least,
  ],
  maxlength: [
    [1],
    ([most = 0n]) =>
      (value) =>
        value.length <= most,
  ],
  length: [
    [1, 2],
    ([least = 0n, most = least]) =>
      (value) =>
        value.length >= least && value.length <= most,
  ],
}

/**
 * Makes the constraint a template names, for example `int`, `min(10)` or `regex(^\d+$)`.
 * @throws Error when the constraint is unknown, has wrong arguments, or can't be imitated here
 */
export function createRouteConstraint(text: string): RouteConstraint {
  const parts = INVOCATION.exec(text)
  const name = (parts?.[1] ?? '').toLowerCase()
  const argument = parts?.[2]
  if (name === 'regex' && argument !== undefined) return createRegexConstraint(argument)
  const plain = plainConstraints[name]
  if (plain !== undefined && argument === undefined) return plain
  const numeric = numericConstraints[name]
  if (numeric === undefined || argument === undefined) {
    throw new Error(`The route constraint '${text}' is unknown, or the local host doesn't imitate it.`)
  }
  const numbers = argument.split(',').map((number) => toInteger(number, int64))
  const known = numbers.filter((number) => number !== undefined)
  if (known.length !== numbers.length || !numeric[0].includes(known.length)) {
    throw new Error(`The route constraint '${text}' has wrong arguments.`)
  }
  return numeric[1](known)
}

/** .NET matches anywhere in the value and ignores case. The RegExp constructor refuses syntax that only .NET has. */
function createRegexConstraint(pattern: string): RouteConstraint {
  const expression = new RegExp(pattern, 'i')
  return (value) => expression.test(value)
}
