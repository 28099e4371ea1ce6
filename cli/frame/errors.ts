/** The command failed: exit code 1 and one clear line. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  /** Printed with `--json`. Scripts may depend on it, so it must not change. */
  readonly code: string

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.code = code
  }
}
