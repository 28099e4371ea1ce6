import { fromAttributes, REQUIRED_ATTRIBUTES } from '../../shared/event-form/index.ts'
import { addProblem, throwFindings } from '../../shared/http/index.ts'
import type { Findings, RequestHeaders, Transformed } from '../../shared/http/index.ts'
import { jsonPointer } from '../../shared/json/index.ts'

const PREFIX = 'ce-'

/** Text that may stand in a header, without quotes or in them. */
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/

/**
 * True where a request brings a CloudEvent in its headers (the binary mode of the HTTP binding): any of the attributes
 * that every CloudEvent has. They are asked for by name, since to list all headers costs more than the rest of the
 * check.
 */
export const hasEventHeaders = (headers: RequestHeaders): boolean =>
  REQUIRED_ATTRIBUTES.some((name) => headers.get(`${PREFIX}${name}`) !== null)

/**
 * A CloudEvent whose attributes stand in `ce-` headers and whose data is the body (HTTP protocol binding 1.0.2, §3.1).
 * Content-Type is `datacontenttype`. Every attribute is a string there, so extensions are stored as strings.
 * @throws TrickleError VALIDATION_FAILED, with names of headers
 */
export function fromEventHeaders(data: unknown, headers: RequestHeaders): Transformed {
  const findings: Findings = { problems: [], code: undefined }
  const members: Record<string, unknown> = { data, datacontenttype: headers.get('content-type') }
  for (const [header, value] of headers) {
    if (!header.startsWith(PREFIX)) continue
    const name = header.slice(PREFIX.length)
    if (name === 'datacontenttype' || name === 'data' || name === 'data_base64') {
      const message = 'is no attribute of the binary mode: the body is the data, Content-Type its type'
      addProblem(findings, { pointer: header, message })
      continue
    }
    const text = decodeValue(value)
    if (text === undefined) {
      const message = 'must be ASCII, with every other character percent-encoded as UTF-8'
      addProblem(findings, { pointer: header, message })
    } else members[name] = text
  }
  const event = fromAttributes(members, headerOf, findings)
  throwFindings(findings)
  return { value: { events: [event] }, pointerTo: ([, , ...path]) => pointerTo(path) }
}

const headerOf = (name: string): string => (name === 'datacontenttype' ? 'content-type' : `${PREFIX}${name}`)

function pointerTo(path: readonly PropertyKey[]): string {
  const [member, ...rest] = path
  if (member === undefined || member === 'data') return jsonPointer(rest)
  return headerOf(String(member === 'metadata' ? (rest[0] ?? member) : member))
}

/** First quotes and backslashes are taken off, as older versions of the binding wrote them, then percent-escapes. */
function decodeValue(value: string): string | undefined {
  if (!PRINTABLE_ASCII.test(value)) return undefined
  const plain = QUOTED.exec(value)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? value
  try {
    return decodeURIComponent(plain)
  } catch {
    return undefined
  }
}
