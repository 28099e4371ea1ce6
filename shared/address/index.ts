/**
 * The one place that says which host names lead to this machine and nowhere else, so that what is secret may go there
 * without TLS. A name that is not certainly here counts as elsewhere: `localhost.example.com`, `127.example.com`.
 * It must not look names up: an answer of DNS proves nothing.
 */

/** Whole names and addresses, as `URL` writes them: it has turned `127.1` and `0x7f000001` into `127.0.0.1` by then. */
const THIS_MACHINE = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/** @param host of a url or of a socket: an IPv6 address with its brackets or without */
export function isThisMachine(host: string): boolean {
  return THIS_MACHINE.test(host.replace(/^\[(.*)\]$/, '$1'))
}
