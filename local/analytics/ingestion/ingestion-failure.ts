/**
 * Why an ingestion failed, with a code from ADX's list of ingestion error codes. After a permanent failure every retry
 * of the same data fails too.
 */
export class IngestionFailure extends Error {
  override readonly name = 'IngestionFailure'
  /** For example BadRequest_TableNotExist. */
  readonly code: string
  readonly permanent: boolean
  /** True: reported at once and not tried again, even if the same data might succeed later. */
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
