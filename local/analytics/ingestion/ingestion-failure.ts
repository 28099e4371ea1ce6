/**
 * Why an ingestion failed, in ADX's words (its list of ingestion error codes). A permanent failure comes again with
 * every retry of the same data.
 */
export class IngestionFailure extends Error {
  override readonly name = 'IngestionFailure'
  /** For example BadRequest_TableNotExist. */
  readonly code: string
  readonly permanent: boolean
  /** Reported at once, although the same data might succeed later. */
  readonly final: boolean

  constructor(
    code: string,
    details: string,
    options: { permanent?: boolean; final?: boolean; cause?: unknown } = {},
  ) {
    super(details, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.permanent = options.permanent ?? true
    this.final = options.final ?? this.permanent
  }
}
