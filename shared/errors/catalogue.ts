/** What a client may rely on for each code: the status it comes with, its title, and whether the same request may succeed later. */
export interface ErrorEntry {
  readonly status: number
  readonly title: string
  readonly retryable: boolean
  /**
   * Members of the problem document that a program acts on, by name. They are typed in the OpenAPI document, so that
   * generated clients have them. An answer may lack one.
   */
  readonly members?: Readonly<Record<string, ErrorMember>>
}

export interface ErrorMember {
  readonly type: 'string' | 'integer'
  readonly description: string
  readonly example: string | number
}

const entry = (status: number, title: string, retryable = false): ErrorEntry => ({ status, title, retryable })

/**
 * Every error that shared/ answers with, and those that several contexts have in common. A context states its own codes
 * itself (`defineErrors`). `docs/errors.md` is generated from both: a code that is in neither does not exist, and a
 * published code keeps its meaning for good.
 */
export const errorCatalogue = {
  // The request itself
  MALFORMED_JSON: entry(400, 'The body is not valid JSON'),
  VALIDATION_FAILED: entry(400, 'The request does not have the expected form'),
  INVALID_STREAM_ID: entry(400, 'The stream id has a form that is not allowed'),
  INVALID_TEXT: entry(400, 'A string holds a character that cannot be stored'),
  NUMBER_NOT_EXACT: entry(400, 'A number cannot be kept with its exact value'),
  JSON_TOO_DEEP: entry(400, 'The JSON is nested too deeply'),
  INVALID_CURSOR: entry(400, 'The cursor was not made by this server for this tenant'),
  INVALID_CONDITION: entry(400, 'The precondition header has a form that is not understood'),
  INVALID_IDEMPOTENCY_KEY: entry(400, 'The idempotency key has a form that is not allowed'),
  TENANT_HEADER_MISSING: entry(400, 'A service must name the tenant in the header Trickle-Tenant'),
  TENANT_HEADER_INVALID: entry(400, 'The header Trickle-Tenant has a form that is not allowed'),
  BINARY_DATA_UNSUPPORTED: entry(400, 'Binary event data is not supported'),
  BODY_TOO_LARGE: entry(413, 'The body is larger than this route accepts'),
  EVENT_TOO_LARGE: entry(413, 'An event is larger than the limit'),
  TOO_MANY_EVENTS: entry(413, 'An append holds more events than the limit'),
  UPLOAD_TOO_SLOW: entry(408, 'The body comes too slowly', true),
  UNSUPPORTED_MEDIA_TYPE: entry(415, 'The media type of the body is not accepted here'),
  // Who asks
  TOKEN_MISSING: entry(401, 'A bearer token is required'),
  TOKEN_INVALID: entry(401, 'The bearer token is not valid here'),
  TOKEN_EXPIRED: entry(401, 'The bearer token has expired'),
  ROLE_MISSING: entry(403, 'The token lacks a role that this route requires'),
  TENANT_MISSING: entry(403, 'The token names no tenant'),
  TENANT_UNKNOWN: entry(403, 'The tenant of the token is not known'),
  TENANT_SUSPENDED: entry(403, 'The tenant is suspended'),
  TENANT_CONTEXT_REFUSED: entry(403, 'The tenant context does not allow this'),
  // The thing that the request is about
  ROUTE_NOT_FOUND: entry(404, 'There is no such route'),
  SERVED_BY_OTHER_APP: entry(421, 'The other of the two apps serves this'),
  METHOD_NOT_ALLOWED: entry(405, 'The route does not know this method'),
  NOT_ACCEPTABLE: entry(406, 'The answer is not to be had in this form'),
  STREAM_NOT_FOUND: entry(404, 'The stream has no events'),
  TENANT_NOT_FOUND: entry(404, 'There is no such tenant'),
  TENANT_EXISTS: entry(409, 'A tenant has this slug or external id among its names'),
  TENANT_AMBIGUOUS: entry(409, 'The name means two tenants'),
  EVENT_ID_EXISTS: {
    ...entry(409, 'An event with this id exists with other content or in another append'),
    members: {
      eventId: { type: 'string', description: 'The id that exists.', example: 'order-17-placed' },
    },
  },
  STREAM_TYPE_MISMATCH: entry(409, 'The stream has another type'),
  NAME_TAKEN: {
    ...entry(409, 'Another stream of the tenant holds a name that was to be reserved'),
    members: {
      holder: { type: 'string', description: 'The stream that holds the name.', example: 'account-1' },
    },
  },
  NAME_NOT_HELD: entry(409, 'The stream does not hold a name that it was to release'),
  SUBSCRIPTION_NOT_FOUND: entry(404, 'There is no such subscription'),
  PARKED_EVENT_NOT_FOUND: entry(404, 'The subscription has set no such event aside'),
  PARKED_MESSAGE_NOT_FOUND: entry(404, 'There is no such parked message'),
  SUBSCRIPTION_STATE_CONFLICT: entry(409, 'The state of the subscription does not allow this'),
  LOG_AHEAD_OF_SERVER: entry(409, 'The log holds transaction ids that the server has not come to'),
  SEAL_KEY_NOT_FOUND: entry(404, 'There is no such seal key'),
  SEAL_KEY_NEEDED: entry(409, 'The seal key is still needed'),
  SEAL_KEYS_FULL: entry(409, 'There are as many seal keys as there can be'),
  EPOCH_ENDED: {
    ...entry(410, 'The log has begun a new epoch, or cannot open the token any more'),
    members: {
      resumeAfter: {
        type: 'string',
        description: 'Send it as `after` to go on with the feed.',
        example: 'AgEKGyw9a6e4EJ2tQdGAtADAT9Qwy',
      },
    },
  },
  VERSION_CONFLICT: {
    ...entry(412, 'The stream is not at the expected version'),
    members: {
      currentVersion: {
        type: 'integer',
        description: 'The version of the stream; 0 where it has no events.',
        example: 5,
      },
    },
  },
  IDEMPOTENCY_KEY_REUSED: entry(422, 'The idempotency key was used for another request'),
  MESSAGE_TOO_LARGE: entry(413, 'A message is larger than its queue takes'),
  TENANT_SHARE_HELD: entry(429, 'The tenant has its share of the requests that stay for long', true),
  // What went wrong on our side
  INTERNAL: entry(500, 'Something failed that should not'),
  CONFIGURATION_INVALID: entry(500, 'The configuration is not valid'),
  OUTCOME_UNKNOWN: entry(
    503,
    'The write may or may not have happened; retry it with the same ids or key',
    true,
  ),
  REQUEST_LOST: entry(503, 'The request was lost inside the platform before anything was done', true),
  DATABASE_UNAVAILABLE: entry(503, 'The database cannot be reached', true),
  DATABASE_BUSY: entry(503, 'The database is too busy', true),
  DATABASE_READ_ONLY: entry(503, 'The database accepts no writes at present', true),
  ISSUER_UNAVAILABLE: entry(503, 'The keys of the token issuer cannot be reached', true),
  ANALYTICS_UNAVAILABLE: entry(503, 'The analytics service cannot be reached', true),
  MESSAGE_LOCK_LOST: entry(503, 'The lock of a message of a queue has ended', true),
  SERVICE_BUS_UNAVAILABLE: entry(503, 'Service Bus cannot be reached', true),
  BULK_WORK_FULL: entry(503, 'As many exports and imports run as this instance serves', true),
  LEASE_LOST: entry(503, 'Another instance has taken over this subscription', true),
  SUBSCRIPTION_STOPPED: entry(503, 'The subscription is stopped until an operator decides'),
  DEADLINE_EXCEEDED: entry(504, 'The time limit of the request has passed', true),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorCatalogue
