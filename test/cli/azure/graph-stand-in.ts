import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

type Json = Record<string, unknown>

interface Stored {
  readonly value: Json
  /** So many requests about it are answered 404 before it is seen, as by a copy of the directory that lags. */
  hiddenFor: number
}

/**
 * What a registration needs of Microsoft Graph v1.0, with its habits: lists in pages, an object that is not seen at once,
 * a client that may only be pre-authorized for a scope that exists, errors as `{error: {code, message}}`.
 */
export class GraphStandIn {
  /** Method and path of each request that changed something. */
  readonly writes: string[] = []
  /** Requests that are answered 404 after something was made. */
  lag = 0
  /** The status and code of the next writes. */
  readonly refusals: { status: number; code: string }[] = []
  readonly applications = new Map<string, Stored>()
  readonly principals = new Map<string, Stored>()
  readonly assignments: Json[] = []
  readonly extensions = new Map<string, Json[]>()
  readonly me: Json = { id: 'me-1' }
  #server: Server | undefined
  #address = ''

  async start(): Promise<this> {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(body === undefined ? '' : JSON.stringify(body))
      })
    })
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve))
    this.#address = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1.0/`
    return this
  }

  get url(): string {
    return this.#address
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise<void>((resolve) => this.#server?.close(() => resolve()))
  }

  application(name: string): Json | undefined {
    return [...this.applications.values()].find(({ value }) => value['displayName'] === name)?.value
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body?: unknown }> {
    if (request.headers.authorization !== 'Bearer a-token') return refusal(401, 'InvalidAuthenticationToken')
    const { pathname, searchParams } = new URL(request.url ?? '', this.#address)
    const parts = pathname.replace('/v1.0/', '').split('/')
    const sent = await text(request)
    const body = sent === '' ? {} : (JSON.parse(sent) as Json)
    if (request.method !== 'GET') {
      const refused = this.refusals.shift()
      if (refused !== undefined) return refusal(refused.status, refused.code)
    }
    const answer = this.#route(request.method ?? '', parts, body, searchParams)
    if (request.method !== 'GET' && answer.status < 300) this.writes.push(`${request.method} ${parts[0]}`)
    return answer
  }

  #route(
    method: string,
    [kind = '', id = '', member = '']: readonly string[],
    body: Json,
    search: URLSearchParams,
  ): { status: number; body?: unknown } {
    if (kind === 'organization') return page([{ id: 'directory-1' }])
    if (kind === 'me') return { status: 200, body: this.me }
    if (kind === 'users') {
      Object.assign(this.me, body)
      return { status: 204 }
    }
    const store = kind === 'applications' ? this.applications : this.principals
    if (id === '')
      return method === 'GET'
        ? this.#list(store, search, this.#address + kind)
        : this.#make(kind, store, body)
    const object = store.get(id)
    if (object === undefined || object.hiddenFor > 0) {
      if (object !== undefined) object.hiddenFor -= 1
      return refusal(404, 'Request_ResourceNotFound')
    }
    if (member === '') return patch(object.value, body)
    return this.#member(method, object.value, member, body)
  }

  /** One object a page, so that a client which reads only the first page finds too little. */
  #list(
    store: Map<string, Stored>,
    search: URLSearchParams,
    url: string,
  ): { status: number; body?: unknown } {
    const [, name = '', wanted = ''] = /^(\w+) eq '(.*)'$/u.exec(search.get('$filter') ?? '') ?? []
    const found = [...store.values()].map(({ value }) => value).filter((value) => value[name] === wanted)
    const at = Number(search.get('$skip') ?? 0)
    const next = new URL(url)
    next.search = String(new URLSearchParams({ $filter: search.get('$filter') ?? '', $skip: String(at + 1) }))
    return page(found.slice(at, at + 1), at + 1 < found.length ? next.href : undefined)
  }

  #make(kind: string, store: Map<string, Stored>, body: Json): { status: number; body?: unknown } {
    if (kind === 'servicePrincipals') {
      const application = [...this.applications.values()].find(
        ({ value }) => value['appId'] === body['appId'],
      )
      if (application === undefined) return refusal(400, 'Request_BadRequest')
    }
    const value = {
      ...(kind === 'applications' ? { appId: randomUUID(), api: {} } : {}),
      ...body,
      id: randomUUID(),
    }
    store.set(value.id, { value, hiddenFor: this.lag })
    return { status: 201, body: value }
  }

  #member(method: string, object: Json, member: string, body: Json): { status: number; body?: unknown } {
    const id = String(object['id'])
    if (member === 'appRoleAssignedTo') {
      if (method === 'GET') return page(this.assignments)
      this.assignments.push(body)
      return { status: 201, body }
    }
    if (member === 'addPassword')
      return { status: 200, body: { secretText: `secret of ${String(object['displayName'])}` } }
    const known = this.extensions.get(id) ?? []
    if (method === 'GET') return page(known)
    const name = `extension_${String(object['appId']).replaceAll('-', '')}_${String(body['name'])}`
    this.extensions.set(id, [...known, { ...body, name }])
    return { status: 201, body: { ...body, name } }
  }
}

function patch(value: Json, body: Json): { status: number; body?: unknown } {
  const api = { ...(value['api'] as Json | undefined), ...(body['api'] as Json | undefined) }
  const scopes = (value['api'] as { oauth2PermissionScopes?: { id: string }[] } | undefined)
    ?.oauth2PermissionScopes
  const wanted = (
    body['api'] as { preAuthorizedApplications?: { delegatedPermissionIds: string[] }[] } | undefined
  )?.preAuthorizedApplications
  const isKnown = (id: string): boolean => (scopes ?? []).some((scope) => scope.id === id)
  if (wanted?.some(({ delegatedPermissionIds }) => !delegatedPermissionIds.every(isKnown)) === true)
    return refusal(400, 'InvalidAppId')
  Object.assign(value, body, { api })
  return { status: 204 }
}

const page = (value: readonly unknown[], next?: string): { status: number; body: unknown } => ({
  status: 200,
  body: { value, ...(next === undefined ? {} : { '@odata.nextLink': next }) },
})

const refusal = (status: number, code: string): { status: number; body: unknown } => ({
  status,
  body: { error: { code, message: 'The stand-in refuses this.' } },
})
