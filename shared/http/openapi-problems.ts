import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject, ZodOpenApiSchemaObject } from 'zod-openapi'
import type { AnyError, ErrorCode, ErrorEntry } from '../errors/index.ts'
import { errorsOf } from './kernel-errors.ts'
import { ERRORS_PAGE_PATH } from './problem.ts'
import type { RouteFacts } from './route-types.ts'

export type Catalogue = Readonly<Record<ErrorCode, ErrorEntry>>

type Kind = ErrorEntry & { readonly code: string }

/**
 * The answers to errors in an OpenAPI document. There is one schema, `Problem`, with one list of all codes, and one
 * response for each set of codes that comes with a status: operations refer to it. Generators of clients make a class
 * for each schema that they meet in an answer; with a schema of its own in each answer they made 396 classes of errors.
 * Which codes an operation has is said in words, in the description of the response.
 */
export class ProblemResponses {
  readonly #catalogue: Catalogue
  readonly #kinds = new Map<string, Kind>()
  readonly #responses = new Map<string, ZodOpenApiResponseObject>()

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  /** References to the responses of a route, one for each status. */
  of(route: RouteFacts): ZodOpenApiOperationObject['responses'] {
    const byStatus = Map.groupBy(
      errorsOf(route).map((error) => kindOf(error, this.#catalogue)),
      ({ status }) => status,
    )
    return Object.fromEntries(
      [...byStatus].map(([status, kinds]) => [
        String(status),
        { $ref: `#/components/responses/${this.#shared(kinds)}` },
      ]),
    )
  }

  /** What the references lead to. Called when all routes are known. */
  components() {
    const kinds = byName(this.#kinds)
    return {
      schemas: { Problem: problemSchema(kinds.map(([, kind]) => kind)) },
      responses: Object.fromEntries(byName(this.#responses)),
      examples: Object.fromEntries(
        kinds.map(([code, kind]) => [code, { summary: kind.title, value: exampleOf(kind) }]),
      ),
    }
  }

  /** @returns its name. It is made of the codes, so that no other route can change it. */
  #shared(kinds: readonly Kind[]): string {
    const name = kinds.map(({ code }) => code).join('.')
    for (const kind of kinds) this.#kinds.set(kind.code, kind)
    this.#responses.set(name, {
      description: kinds.map(({ code, title }) => `\`${code}\`: ${title}.`).join('\n\n'),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(
            kinds.map(({ code }) => [code, { $ref: `#/components/examples/${code}` }]),
          ),
        },
      },
    })
    return name
  }
}

/** So that the order of the routes does not change the document. */
const byName = <Value>(entries: ReadonlyMap<string, Value>): [string, Value][] =>
  [...entries].toSorted(([one], [other]) => (one < other ? -1 : 1))

function problemSchema(kinds: readonly Kind[]): ZodOpenApiSchemaObject {
  return {
    type: 'object',
    description: 'RFC 9457 problem document. Compare `code`; the other members are for people.',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'traceId', 'retryable'],
    properties: {
      type: { type: 'string', format: 'uri-reference', description: 'Leads to the explanation of the code.' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string', description: 'What is wrong here, and how to mend it.' },
      instance: { type: 'string', format: 'uri-reference', description: 'Path of the request.' },
      code: {
        type: 'string',
        enum: kinds.map(({ code }) => code),
        description: 'Stable name of the kind of error.',
      },
      traceId: { type: 'string', description: 'Leads to the log entries of this request.' },
      retryable: { type: 'boolean', description: 'Whether the same request may succeed later.' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['pointer', 'message'],
          properties: {
            pointer: {
              type: 'string',
              description: 'JSON pointer into the body, or the name of a parameter or header.',
            },
            message: { type: 'string' },
          },
        },
      },
      ...Object.fromEntries(kinds.flatMap(membersOf)),
    },
  }
}

const membersOf = ({ code, members = {} }: Kind): [string, ZodOpenApiSchemaObject][] =>
  Object.entries(members).map(([name, { type, description }]) => [
    name,
    { type, ...(type === 'integer' && { format: 'int64' }), description: `\`${code}\`: ${description}` },
  ])

function kindOf(error: AnyError, catalogue: Catalogue): Kind {
  return typeof error === 'string' ? { code: error, ...catalogue[error] } : error
}

function exampleOf({ code, status, title, retryable, members = {} }: Kind): object {
  return {
    type: `${ERRORS_PAGE_PATH}#${code}`,
    title,
    status,
    detail: 'What is wrong with this very request.',
    instance: '/api/...',
    code,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    retryable,
    ...Object.fromEntries(Object.entries(members).map(([name, { example }]) => [name, example])),
  }
}
