import { randomUUID } from 'node:crypto'

/** A request of an operator that changes something. */
export interface OperatorAction {
  /** Made once for the request, so that trying its transaction again leaves one row. */
  readonly requestId: string
  /** The name of the route, such as `suspend-tenant`. */
  readonly name: string
  readonly issuer: string
  readonly subject: string
  readonly application: string | null
  readonly traceId: string
}

export function operatorAction(
  name: string,
  caller: Pick<OperatorAction, 'issuer' | 'subject' | 'application'>,
  traceId: string,
): OperatorAction {
  const { issuer, subject, application } = caller
  return { requestId: randomUUID(), name, issuer, subject, application, traceId }
}
