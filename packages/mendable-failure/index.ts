/**
 * A failure that a person has to mend: what happened, where, and how to mend it.
 *
 * Programs that can fail for reasons of the machine or the platform (a taken port, a full disk, a missing permission)
 * derive their own class from it, with their own codes. So all such failures are printed in the same three lines.
 * It must not be used for defects of the program: those keep their stack trace.
 */
export interface MendableFacts<Code extends string> {
  /** Stable: tests, docs and `--json` output rely on it. */
  readonly code: Code
  /** What happened, one sentence. */
  readonly what: string
  /** The file, address, process, server or variable concerned. */
  readonly where: string
  /** What to do about it, commands included. */
  readonly mend: string
  readonly cause?: unknown
}

export class MendableFailure<Code extends string> extends Error {
  readonly code: Code
  readonly where: string
  readonly mend: string

  constructor(facts: MendableFacts<Code>) {
    super(facts.what, facts.cause === undefined ? {} : { cause: facts.cause })
    this.code = facts.code
    this.where = facts.where
    this.mend = facts.mend
  }

  /** The three lines a person reads. */
  override toString(): string {
    return `${this.message}\n  where: ${this.where}\n  mend:  ${this.mend}`
  }
}
