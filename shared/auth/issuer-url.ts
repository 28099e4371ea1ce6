const LOOPBACK_HOST =
  /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f.*\]|0\.0\.0\.0|\[::\])$/

/**
 * True for a URL that keys may be fetched from: https, and not this machine. Over plain http anybody on the way could
 * hand us keys of their own. `allowInsecure` (local run and tests only) allows any http(s) URL.
 */
export function isTrustworthyUrl(value: string, allowInsecure: boolean): boolean {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  if (allowInsecure) return url.protocol === 'https:' || url.protocol === 'http:'
  // "localhost." is the same host, written with the root of all names.
  return url.protocol === 'https:' && !LOOPBACK_HOST.test(url.hostname.replace(/\.$/, ''))
}
