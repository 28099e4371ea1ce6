import { type HttpRequest } from '@azure/functions'
import { ReadableStream } from 'node:stream/web'
import { decodeUtf8, parseExactJson } from '../json/index.ts'
import { readBody, refuseBody } from './body.ts'
import { mediaTypesOf } from './define-route.ts'
import { idempotencyOf, readIdempotencyKey } from './idempotency.ts'
import {
  checkUrlEncoding,
  queryFactsOf,
  readHeaders,
  readParams,
  readQuery,
  type QueryFacts,
} from './inputs.ts'
import { checkMediaType } from './media-type.ts'
import { parsePathTemplate } from './path-template.ts'
import { pacedBody } from './upload-pace.ts'
import { type Idempotency, type JsonBody, type Route } from './route-types.ts'
import { checkPart, inBody, throwFindings, type Findings } from './validation.ts'

/** A route and what is found out about it once, at the start. */
export interface PreparedRoute<T> {
  readonly route: Route<T>
  readonly parameters: readonly string[]
  readonly query: QueryFacts
  readonly mediaTypes: readonly string[]
}

export function prepareRoute<T>(route: Route<T>): PreparedRoute<T> {
  return {
    route,
    parameters: parsePathTemplate(route.path).parameters,
    query: queryFactsOf(route.request.query),
    mediaTypes: mediaTypesOf(route.request.body),
  }
}

/** The checked inputs of a request. `never` stands for what only the route's own handler knows the type of. */
export interface RequestInputs {
  readonly params: never
  readonly query: never
  readonly headers: never
  readonly body: never
  readonly mediaType: string | null
  readonly idempotency: Idempotency | null
}

/** The body as it came, before its schema has seen it. */
interface ReceivedBody {
  readonly mediaType: string | null
  readonly value: unknown
}

/**
 * Reads and checks everything that a request brings: the body's form and size, its JSON, then all parts by their schemas,
 * so that one answer tells of all that is wrong.
 * @throws TrickleError for each way in which a request can be wrong
 */
export async function readRequest<T>(
  prepared: PreparedRoute<T>,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<RequestInputs> {
  const { route } = prepared
  // A request that no route takes is not looked at any further.
  if (route.isCatchAll) return inputsOf({}, {}, {}, undefined, null, null)
  const received = await receiveBody(prepared, request, signal)
  checkUrlEncoding(request.url)
  const key = readIdempotencyKey(request.headers, route)
  const findings: Findings = { problems: [], code: undefined }
  const params = readParams(request, prepared.parameters, route.request.params, findings)
  const query = readQuery(request, prepared.query, findings)
  const headers = readHeaders(request, route.request.headers, findings)
  const body = checkBody(route, received, findings)
  throwFindings(findings)
  const idempotency = idempotencyOf(key, {
    method: route.method,
    path: route.path,
    params: params.given,
    query: query.given,
    mediaType: received.mediaType,
    body: received.value,
  })
  return inputsOf(params.value, query.value, headers, body, received.mediaType, idempotency)
}

async function receiveBody<T>(
  prepared: PreparedRoute<T>,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<ReceivedBody> {
  const { body } = prepared.route.request
  if (body.kind === 'none') {
    await refuseBody(request)
    return { mediaType: null, value: undefined }
  }
  const mediaType = checkMediaType(request.headers, prepared.mediaTypes)
  if (body.kind === 'stream') return { mediaType, value: pacedBody(request.body ?? emptyStream(), signal) }
  const bytes = await readBody(request, body.maxBytes, signal)
  return { mediaType, value: parseExactJson(decodeUtf8(bytes)) }
}

function checkBody<T>(route: Route<T>, received: ReceivedBody, findings: Findings): unknown {
  const { body } = route.request
  if (body.kind !== 'json') return received.value
  const json = transformed(body, received)
  return checkPart(body.schema, json, inBody, findings)
}

function transformed(body: JsonBody, { value, mediaType }: ReceivedBody): unknown {
  return body.transform === undefined || mediaType === null ? value : body.transform(value, mediaType)
}

function inputsOf(
  params: unknown,
  query: unknown,
  headers: unknown,
  body: unknown,
  mediaType: string | null,
  idempotency: Idempotency | null,
): RequestInputs {
  return {
    params: params as never,
    query: query as never,
    headers: headers as never,
    body: body as never,
    mediaType,
    idempotency,
  }
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() })
}
