/**
 * What a Kusto service answers when it refuses a request. The fields are those that clients read:
 * `code`, `message`, `@type`, `@message`, `@permanent`, with the details in `innererror`.
 */
export class KustoFailure extends Error {
  override readonly name = 'KustoFailure'
  /** HTTP status: 400 syntax or semantics, 404 unknown address, 413 too large, 429 throttled, 520 internal. */
  readonly status: number
  /** For example General_BadRequest or BadRequest_TableNotExist. */
  readonly code: string
  /** False when the same request may succeed later. */
  readonly permanent: boolean
  /** The .NET class that the service names, after `Kusto.Data.Exceptions.` */
  readonly exceptionType: string
  /** For example SEM0100 or SYN0002. */
  readonly innerCode: string | undefined

  constructor(facts: {
    readonly message: string
    readonly code?: string
    readonly status?: number
    readonly permanent?: boolean
    readonly exceptionType?: string
    readonly innerCode?: string
    readonly cause?: unknown
  }) {
    super(facts.message, facts.cause === undefined ? {} : { cause: facts.cause })
    this.status = facts.status ?? 400
    this.code = facts.code ?? 'General_BadRequest'
    this.permanent = facts.permanent ?? true
    this.exceptionType = facts.exceptionType ?? 'KustoBadRequestException'
    this.innerCode = facts.innerCode
  }
}

/** The text cannot be read as KQL or as a command. */
export function syntaxFailure(message: string): KustoFailure {
  return new KustoFailure({
    message: `Syntax error: ${message}`,
    exceptionType: 'SyntaxException',
    innerCode: 'SYN0002',
  })
}

/** The text can be read, but it names something that does not exist, or types that do not fit. */
export function semanticFailure(message: string, innerCode = 'SEM0100'): KustoFailure {
  return new KustoFailure({
    message: `Semantic error: ${innerCode}: ${message}`,
    exceptionType: 'SemanticException',
    innerCode,
  })
}

/** The real service may support this, but the stand-in does not. The message lists what the stand-in supports. */
export function unsupported(what: string, supported: readonly string[], hint = ''): KustoFailure {
  return new KustoFailure({
    message:
      `The local stand-in for Azure Data Explorer does not support ${what}.${hint} ` +
      `Supported: ${supported.join(', ')}.`,
    code: 'BadRequest_NotSupported',
  })
}

/** @param known the names of this kind that there are, to be listed in the message */
export function entityNotFound(kind: string, name: string, known: readonly string[] = []): KustoFailure {
  const there = known.length === 0 ? '' : ` There are: ${known.join(', ')}.`
  return new KustoFailure({
    message: `Entity ID '${name}' of kind '${kind}' was not found.${there}`,
    code: 'BadRequest_EntityNotFound',
    exceptionType: 'EntityNotFoundException',
  })
}
