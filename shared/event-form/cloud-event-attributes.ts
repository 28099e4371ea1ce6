import { isRawJson } from '../json/index.ts'

/** CloudEvents 1.0.2, "Naming Conventions". */
const NAME = /^[a-z0-9]+$/

/** "Type System": control characters and Unicode's noncharacters have no place in a string. */
const DISALLOWED = /[\p{Cc}\p{Noncharacter_Code_Point}]/u

const INT32_MIN = -2_147_483_648
const INT32_MAX = 2_147_483_647

/** RFC 3986: the characters of a URI, and what may stand before its first colon. */
const URI_CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/
const COLON_IN_FIRST_SEGMENT = /^[^/?]*:/

/** RFC 2045 §5.1 and RFC 6838 §4.2: type, subtype and parameters whose values are tokens or quoted. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const MEDIA_TYPE = new RegExp(
  `^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))*[ \\t]*$`,
)

/** A URI, or a reference that needs a base; RFC 3986 §4.1. */
function isUriReference(text: string): boolean {
  const [beforeFragment = '', fragment = '', ...more] = text.split('#')
  if (more.length > 0 || !URI_CHARACTERS.test(beforeFragment) || !URI_CHARACTERS.test(fragment)) return false
  return SCHEME.test(text) || !COLON_IN_FIRST_SEGMENT.test(beforeFragment)
}

const text = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || value === '') return 'must be a non-empty string'
  return DISALLOWED.test(value) ? 'holds a character that CloudEvents does not allow in a string' : undefined
}

/** What is wrong with a text, or with its form. */
const textOf =
  (isForm: (value: string) => boolean, message: string) =>
  (value: unknown): string | undefined =>
    text(value) ?? (isForm(value as string) ? undefined : message)

/** The attributes that the specification itself defines. `time` is checked by the event's own schema instead. */
const rules: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  specversion: (value) => (value === '1.0' ? undefined : 'must be "1.0"'),
  id: text,
  source: textOf(
    isUriReference,
    'must be a URI or a URI reference (RFC 3986), such as /orders or urn:orders',
  ),
  type: text,
  subject: text,
  datacontenttype: textOf((value) => MEDIA_TYPE.test(value), 'must be a media type such as application/json'),
  dataschema: textOf(
    (value) => SCHEME.test(value) && isUriReference(value),
    'must be an absolute URI, such as https://example.com/order.json',
  ),
  time: () => undefined,
}

export const REQUIRED_ATTRIBUTES = ['specversion', 'id', 'source', 'type'] as const

/** What is wrong with an attribute of a CloudEvent, in words; undefined where it is right. */
export function attributeFault(name: string, value: unknown): string | undefined {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
  if (rule !== undefined) return rule(value)
  return nameFault(name) ?? extensionFault(value)
}

export function nameFault(name: string): string | undefined {
  return NAME.test(name)
    ? undefined
    : 'is no name of a CloudEvents attribute: those have lower-case letters and digits only'
}

function extensionFault(value: unknown): string | undefined {
  if (typeof value === 'boolean') return undefined
  if (typeof value === 'string') {
    return DISALLOWED.test(value)
      ? 'holds a character that CloudEvents does not allow in a string'
      : undefined
  }
  if (typeof value === 'number' && Number.isInteger(value) && value >= INT32_MIN && value <= INT32_MAX)
    return undefined
  return typeof value === 'number' || isRawJson(value)
    ? 'must be a whole number of 32 bits; send other numbers as a string'
    : 'must be a string, a boolean or a whole number of 32 bits, as every CloudEvents attribute; put objects and lists into data'
}
