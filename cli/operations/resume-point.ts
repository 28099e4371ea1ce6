import { UsageError } from '../frame/index.ts'

/** A resume point in the form of the route's request. */
export type ResumePoint =
  | { readonly kind: 'beginning' | 'end' | 'epoch-began' }
  | { readonly kind: 'checkpoint'; readonly xid: string; readonly position: string }

interface PointOptions {
  readonly beginning: boolean
  readonly end: boolean
  readonly 'epoch-began': boolean
  readonly checkpoint?: string | undefined
}

const PLACE_NAMES = ['beginning', 'end', 'epoch-began'] as const

/** Reads XID:POSITION, as `show` prints a checkpoint. @throws UsageError */
export function checkpointOf(text: string): ResumePoint {
  const [, xid, position] = /^(\d{1,19}):(\d{1,19})$/u.exec(text) ?? []
  if (xid === undefined || position === undefined)
    throw new UsageError(`--checkpoint takes XID:POSITION as show prints it, not "${text}".`)
  return { kind: 'checkpoint', xid, position }
}

/** The resume point that the options name. @throws UsageError when they name none or several. */
export function resumePointOf(options: PointOptions): ResumePoint {
  const { checkpoint } = options
  const named: ResumePoint[] = PLACE_NAMES.filter((name) => options[name]).map((kind) => ({ kind }))
  if (checkpoint !== undefined) named.push(checkpointOf(checkpoint))
  const [point, other] = named
  if (point === undefined || other !== undefined)
    throw new UsageError(
      'resume-at takes one of --epoch-began, --beginning, --end and --checkpoint XID:POSITION.',
    )
  return point
}
