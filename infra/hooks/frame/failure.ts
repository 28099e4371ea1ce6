import { MendableFailure } from '../../../packages/mendable-failure/index.ts'

/** Stable names of what a hook refuses or runs into; tests and docs rely on them. */
export type HookFailureCode =
  // Before provision
  | 'PARAMETER_MISSING'
  | 'PARAMETER_INVALID'
  | 'PARAMETERS_CONTRADICT'
  | 'SIZES_INVALID'
  | 'REGION_UNAVAILABLE'
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

/**
 * What a person has to correct before the hook can go on. A defect of the hook itself keeps its stack trace instead.
 */
export class HookFailure extends MendableFailure<HookFailureCode> {
  override readonly name = 'HookFailure'

  /** The code comes first, since people search the docs for it. */
  override toString(): string {
    return `${this.code}: ${super.toString()}`
  }
}

/** Several failures at once, so that one run reports every mistake. */
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
