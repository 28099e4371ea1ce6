/**
 * The path of a request as Kestrel and the host read it: percent-encodings are decoded except %2F, dot segments are
 * removed after decoding (so `%2e%2e` too), and a URL made from the path encodes it again.
 *
 * Source: ASP.NET Core, PathDecoder.cs, UrlDecoder.cs, PathNormalizer.cs (RFC 3986, section 5.2.4), PathString.cs.
 */

export interface RequestPath {
  /** For routing and route values. */
  readonly decoded: string
  /** For URLs. */
  readonly encoded: string
  /** With its question mark, or ''. */
  readonly query: string
}

/** A path with nothing to decode, encode or remove: the usual case, which needs no more work. */
const PLAIN_PATH = /^(?:\/(?!\.)[\w\-.~!$&'()*+,;=:@]*)+$/
const PERCENT_RUN = /(?:%[0-9a-f]{2})+/gi
const ENCODABLE = /[^\w\-.~!$&'()*+,;=:@/%]/gu

/**
 * @param target the request target: `/path?query`, or an absolute URL
 * @returns undefined when Kestrel would answer 400 (a null character, no path at all)
 */
export function readRequestPath(target: string): RequestPath | undefined {
  const start = target.startsWith('/') ? 0 : pathStartOfUrl(target)
  if (start === undefined) return undefined
  const fragment = target.indexOf('?', start)
  const path = fragment === -1 ? target.slice(start) : target.slice(start, fragment)
  const query = fragment === -1 ? '' : target.slice(fragment)
  if (PLAIN_PATH.test(path)) return { decoded: path, encoded: path, query }
  const unescaped = path.replaceAll(PERCENT_RUN, decodeRun)
  if (unescaped.includes('\0')) return undefined
  const decoded = removeDotSegments(unescaped === '' ? '/' : unescaped)
  return { decoded, encoded: encodePath(decoded), query }
}

function pathStartOfUrl(target: string): number | undefined {
  const authority = /^https?:\/\/[^/?#]*/i.exec(target)
  return authority === null ? undefined : authority[0].length
}

/** Decodes the valid UTF-8 in a run of percent-encodings; what isn't valid, and every %2F, stays as it is. */
function decodeRun(run: string): string {
  let decoded = ''
  for (let index = 0; index < run.length;) {
    const character = decodeCharacter(run, index)
    decoded += character === undefined ? run.slice(index, index + 3) : character.text
    index += character?.length ?? 3
  }
  return decoded
}

function decodeCharacter(run: string, index: number): { text: string; length: number } | undefined {
  if (run.slice(index, index + 3).toLowerCase() === '%2f') return undefined
  // A UTF-8 character takes 1 to 4 bytes, so 3 to 12 characters of the run.
  for (const length of [3, 6, 9, 12]) {
    try {
      return { text: decodeURIComponent(run.slice(index, index + length)), length }
    } catch {
      if (index + length >= run.length) return undefined
    }
  }
  return undefined
}

function removeDotSegments(path: string): string {
  if (!/\/\.{1,2}(?:\/|$)/.test(path)) return path
  const output: string[] = []
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    if (segment === '..') output.pop()
    if (segment !== '.' && segment !== '..') output.push(segment)
    else if (isLast) output.push('')
  }
  return `/${output.join('/')}`
}

/** Encodes what a URL's path may not contain. A percent sign stays only in front of two hexadecimal digits. */
function encodePath(path: string): string {
  return path
    .replaceAll(/%(?![0-9a-f]{2})/gi, '%25')
    .replaceAll(ENCODABLE, (character) => encodeURIComponent(character))
}
