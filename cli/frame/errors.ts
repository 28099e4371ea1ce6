/** The command was called wrongly: exit code 2, with a hint to the help. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was asked for failed: exit code 1, one clear line. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  /** Stable, for `--json`. */
  readonly code: string

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.code = code
  }
}
