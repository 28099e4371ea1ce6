/**
 * The only list of host names that lead to this machine and nowhere else, so that secrets may be sent to them without
 * TLS. A name that does not certainly mean this machine counts as a remote one: `localhost.example.com`,
 * `127.example.com`.
 * This code must not resolve names: a DNS answer proves nothing.
 */

/**
 * Whole names and addresses as `URL` writes them. `URL` has already turned `127.1` and `0x7f000001` into `127.0.0.1`.
 */
const THIS_MACHINE = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/** @param host of a url or of a socket: an IPv6 address with its brackets or without */
export function isThisMachine(host: string): boolean {
  return THIS_MACHINE.test(host.replace(/^\[(.*)\]$/, '$1'))
}
