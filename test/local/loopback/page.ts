import { request } from 'node:http'

export interface PageAnswer {
  readonly status: number
  readonly text: string
}

/** A request with exactly these headers, Host included: such as a browser sends for a page, and `fetch` can't. */
export function send(
  url: string,
  headers: Record<string, string>,
  options: { method?: string; body?: string } = {},
): Promise<PageAnswer> {
  const { origin, hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: hostname,
        port,
        path: url.slice(origin.length),
        method: options.method ?? 'GET',
        headers,
        agent: false,
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    sent.once('error', reject)
    sent.end(options.body)
  })
}

/** What a browser adds for a page that is not the server's own, by way of DNS rebinding or across origins. */
export const pages: readonly (readonly [string, Record<string, string>])[] = [
  ['a name that a page has pointed here', { host: 'attacker.example' }],
  ['such a name with the right port', { host: 'attacker.example:7071' }],
  ['a name that only begins as ours', { host: '127.0.0.1.attacker.example' }],
  ['a name that only ends as ours', { host: 'attacker-localhost' }],
  ['an address of the network', { host: '192.168.0.1' }],
  ['a page of another origin', { host: '127.0.0.1', origin: 'https://attacker.example' }],
  ['a page of this machine', { host: 'localhost', origin: 'http://localhost:3000' }],
  ['a sandboxed page', { host: '127.0.0.1', origin: 'null' }],
  ['an image or script of a page', { host: '127.0.0.1', 'sec-fetch-site': 'cross-site' }],
  ['the same of a page of this machine', { host: '127.0.0.1', 'sec-fetch-site': 'same-site' }],
]
