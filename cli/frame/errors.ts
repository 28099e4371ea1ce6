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
