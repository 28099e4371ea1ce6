/** Stable names of what a hook refuses or runs into; tests and docs rely on them. */
export type HookFailureCode =
  // Before provision
  | 'PARAMETER_MISSING'
  | 'PARAMETER_INVALID'
  | 'PARAMETERS_CONTRADICT'
  | 'SIZES_INVALID'
  // The way to the server
  | 'OUTPUT_MISSING'
  | 'NO_ROUTE'
  | 'PRIVATE_NETWORK'
  | 'TLS_REFUSED'
  | 'TOKEN_UNAVAILABLE'
  | 'TOKEN_EXPIRED'
  | 'NOT_ADMINISTRATOR'
  | 'SERVER_RESTARTING'
  | 'SERVER_UNSUITABLE'
  | 'DATABASE_IS_REPLICA'
  | 'CONNECTION_LOST'
  // What is done there
  | 'ENTRA_FUNCTIONS_MISSING'
  | 'ROLE_EXISTS'
  | 'ROLE_OF_OTHERS'
  | 'DATABASE_OF_OTHERS'
  | 'MIGRATION_EDITED'
  | 'DATABASE_BUSY'
  | 'STATEMENT_FAILED'
  // Azure's management API
  | 'MANAGEMENT_REFUSED'
  | 'MANAGEMENT_FAILED'
  | 'RESTART_WITHOUT_EFFECT'

export interface HookFailureFacts {
  readonly code: HookFailureCode
  /** What happened, one sentence. */
  readonly what: string
  /** The variable, server, role or file concerned. */
  readonly where: string
  /** What to do about it, commands included. */
  readonly mend: string
  readonly cause?: unknown
}

/** What a person has to mend before the hook can go on. A defect of the hook itself keeps its stack trace instead. */
export class HookFailure extends Error {
  override readonly name = 'HookFailure'
  readonly code: HookFailureCode
  readonly where: string
  readonly mend: string

  constructor(facts: HookFailureFacts) {
    super(facts.what, facts.cause === undefined ? {} : { cause: facts.cause })
    this.code = facts.code
    this.where = facts.where
    this.mend = facts.mend
  }

  /** The lines a person reads. */
  override toString(): string {
    return `${this.code}: ${this.message}\n  where: ${this.where}\n  mend:  ${this.mend}`
  }
}

/** Several at once, so that nobody mends one mistake a run. */
export class HookFailures extends Error {
  override readonly name = 'HookFailures'
  readonly failures: readonly HookFailure[]

  constructor(failures: readonly HookFailure[]) {
    super(failures.map((failure) => failure.toString()).join('\n'))
    this.failures = failures
  }

  override toString(): string {
    return this.message
  }
}
