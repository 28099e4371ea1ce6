import { decodeUtf8, parseExactJsonInTurns, longPartOf } from '../json/index.ts'
import { readBody, refuseBody } from './body.ts'
import { answerTypesOf, checkAccept } from './answer-types.ts'
import { placesOf } from './body-places.ts'
import type { BodyPlaces } from './body-places.ts'
import { readConditions } from './conditions.ts'
import { mediaTypesOf } from './define-route.ts'
import { throwFindings } from './findings.ts'
import type { Findings } from './findings.ts'
import type { IncomingRequest, RequestBody } from './incoming-request.ts'
import { idempotencyOf, readIdempotencyKey } from './idempotency.ts'
import { checkUrlEncoding, queryFactsOf, readHeaders, readParams, readQuery } from './inputs.ts'
import type { QueryFacts } from './inputs.ts'
import { checkMediaType } from './media-type.ts'
import { parsePathTemplate } from './path-template.ts'
import { pacedBody } from './upload-pace.ts'
import type { Idempotency, Route } from './route-types.ts'
import { checkPart } from './validation.ts'

/** A route and what is found out about it once, at the start. */
export interface PreparedRoute<T> {
  readonly route: Route<T>
  readonly parameters: readonly string[]
  readonly query: QueryFacts
  readonly mediaTypes: readonly string[]
  /** The media types in which it answers. */
  readonly answerTypes: readonly string[]
}

export function prepareRoute<T>(route: Route<T>): PreparedRoute<T> {
  return {
    route,
    parameters: parsePathTemplate(route.path).parameters,
    query: queryFactsOf(route.request.query),
    mediaTypes: mediaTypesOf(route.request.body),
    answerTypes: answerTypesOf(route),
  }
}

/** The checked inputs of a request. `never` stands for types that only the route's own handler knows. */
export interface RequestInputs {
  readonly params: never
  readonly query: never
  readonly headers: never
  readonly body: never
  readonly mediaType: string | null
  readonly idempotency: Idempotency | null
}

/** The inputs, and how errors name places in the body. */
export interface ReadRequest {
  readonly inputs: RequestInputs
  readonly places: BodyPlaces
}

/** The body in the form that its schema takes, before the schema has checked it. */
interface ReceivedBody {
  readonly mediaType: string | null
  readonly value: unknown
  readonly places: BodyPlaces
  /** Length of its text; 0 where the body is not read here. */
  readonly characters: number
  /** True for a body of megabytes. */
  readonly isLong: boolean
}

/**
 * Reads and checks everything that a request brings: the body's form and size, its JSON, then all parts by their schemas,
 * so that one answer tells of all that is wrong.
 * @throws TrickleError for each way in which a request can be wrong
 */
export async function readRequest<T>(
  prepared: PreparedRoute<T>,
  request: IncomingRequest,
  signal: AbortSignal,
): Promise<ReadRequest> {
  const { route } = prepared
  // A request that no route takes is not looked at any further.
  if (route.isCatchAll) return { inputs: inputsOf({}, {}, {}, undefined, null, null), places: placesOf() }
  checkAccept(request.headers, prepared.answerTypes)
  const received = await receiveBody(prepared, request, signal)
  checkUrlEncoding(request.url)
  const key = readIdempotencyKey(request.headers, route)
  const findings: Findings = { problems: [], code: undefined }
  const params = readParams(request, prepared.parameters, route.request.params, findings)
  const query = readQuery(request, prepared.query, findings)
  const headers = readHeaders(request, route.request.headers, findings)
  const body = checkBody(route, received, findings)
  throwFindings(findings)
  const identity = {
    method: route.method,
    path: route.path,
    params: params.given,
    query: query.given,
    conditions: readConditions(request.headers, route),
    mediaType: received.mediaType,
    body: received.value,
    isLong: received.isLong,
  }
  const idempotency = await idempotencyOf(key, identity, signal)
  const inputs = inputsOf(params.value, query.value, headers, body, received.mediaType, idempotency)
  return { inputs, places: received.places }
}

async function receiveBody<T>(
  prepared: PreparedRoute<T>,
  request: IncomingRequest,
  signal: AbortSignal,
): Promise<ReceivedBody> {
  const { body } = prepared.route.request
  if (body.kind === 'none') {
    await refuseBody(request)
    return { mediaType: null, value: undefined, places: placesOf(), characters: 0, isLong: false }
  }
  const mediaType = checkMediaType(request.headers, prepared.mediaTypes)
  if (body.kind === 'stream')
    return {
      mediaType,
      value: pacedBody(request.body ?? emptyBody, signal),
      places: placesOf(),
      characters: 0,
      isLong: false,
    }
  const bytes = await readBody(request, body.maxBytes, signal)
  const text = decodeUtf8(bytes)
  const json = await parseExactJsonInTurns(text, { signal })
  const isLong = longPartOf(json) !== undefined
  const transformed = body.transform?.(json, mediaType, request.headers)
  const value = transformed === undefined ? json : transformed.value
  return { mediaType, value, places: placesOf(transformed), characters: text.length, isLong }
}

function checkBody<T>(
  route: Route<T>,
  { value, places, characters }: ReceivedBody,
  findings: Findings,
): unknown {
  const { body } = route.request
  return body.kind === 'json' ? checkPart(body.schema, value, places.pointerTo, findings, characters) : value
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

const emptyBody: RequestBody = {
  getReader: () => ({ read: async () => ({ done: true }), cancel: async () => undefined }),
}
