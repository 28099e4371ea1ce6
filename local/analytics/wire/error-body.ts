import { KustoFailure } from '../failure.ts'

/** What identifies a request in answers and errors. */
export interface RequestIds {
  /** The header x-ms-client-request-id. */
  readonly clientRequestId: string
  readonly activityId: string
}

/**
 * The body of a refused request ("HTTP response body (on request failure)" in Kusto's description of its v2 answers).
 */
export function errorBody(failure: KustoFailure, ids: RequestIds): Record<string, unknown> {
  const type = `Kusto.Data.Exceptions.${failure.exceptionType}`
  const details = { '@context': context(ids), '@permanent': failure.permanent }
  return {
    error: {
      code: failure.code,
      message: 'Request is invalid and cannot be executed.',
      '@type': type,
      '@message': failure.message,
      ...details,
      ...(failure.innerCode === undefined
        ? {}
        : {
            innererror: {
              code: failure.innerCode,
              message: failure.message,
              '@type': type,
              '@message': failure.message,
              ...details,
              '@errorCode': failure.innerCode,
              '@errorMessage': failure.message,
            },
          }),
    },
  }
}

function context(ids: RequestIds): Record<string, string> {
  return {
    timestamp: new Date().toISOString(),
    serviceAlias: 'LOCAL',
    clientRequestId: ids.clientRequestId,
    activityId: ids.activityId,
    subActivityId: ids.activityId,
    activityType: 'LocalStandIn',
    parentActivityId: ids.activityId,
  }
}

/** Any error as a refusal. A defect of the stand-in is reported as a transient 520, as the service does. */
export function failureOf(error: unknown): KustoFailure {
  if (error instanceof KustoFailure) return error
  const message = error instanceof Error ? error.message : String(error)
  return new KustoFailure({
    status: 520,
    code: 'General_InternalServerError',
    message: `The stand-in failed: ${message}`,
    permanent: false,
    exceptionType: 'KustoServiceException',
    cause: error,
  })
}
