/** The running product that is attacked: always one that `npm run attack` started itself, on loopback. */
export interface AttackTarget {
  /** Where the API answers, without a slash at the end. */
  readonly url: string
  /** Host and port of `url`, for requests that `fetch` would refuse to send. */
  readonly hostname: string
  readonly port: number
  /** A token to read and write as this tenant. The tenant is created when it is first named. */
  token(tenantSlug: string): Promise<string>
  /**
   * How many invocations the Functions host has open at this moment: `outstandingInvocations` of
   * GET /admin/host/drain/status, with the master key of `trickle status --json` in the header x-functions-key.
   */
  openInvocations(): Promise<number>
}

/** What one attack showed, and the bar that it must not break. */
export interface AttackFinding {
  /** What was sent, in a few words. */
  readonly attack: string
  /** What must hold, in words: "at most twice a valid body of this size". */
  readonly bar: string
  readonly seen: string
  readonly holds: boolean
}

/** One kind of attack. It limits its own requests and time, and sends to the target and nowhere else. */
export interface AttackPart {
  readonly name: string
  run(target: AttackTarget): Promise<readonly AttackFinding[]>
}
