/** Stable codes of the reasons why the host cannot start. The supervisor gets them in the `failed` message. */
export type HostStartFailureCode =
  | 'ARGUMENTS_WRONG'
  | 'PORT_TAKEN'
  | 'APP_BROKEN'
  | 'HOST_JSON_BROKEN'
  | 'STATE_BROKEN'

/** The host can't start until a person mends something. The message is one sentence: what, where, how to mend. */
export class HostStartFailure extends Error {
  override readonly name = 'HostStartFailure'
  readonly code: HostStartFailureCode

  constructor(code: HostStartFailureCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The stack of anything that was thrown, or its text where there is no stack. */
export function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
}

/** The system's code (`EADDRINUSE`, `ENOENT`, ...) of anything that was thrown. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
