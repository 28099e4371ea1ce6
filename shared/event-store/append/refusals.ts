import { TrickleError } from '../../errors/index.ts'
import { keyReused } from '../../receipts/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import type { AppendAllRequest, Expectation } from '../types.ts'
import type { AppendAnswer } from './answer.ts'

/** The error for the caller of an append that was not written. */
export function refusalOf(
  tenant: TenantContext,
  request: AppendAllRequest,
  answer: AppendAnswer,
): TrickleError {
  const named = [...request.streams, ...(request.conditions ?? [])][answer.at - 1]
  switch (answer.outcome) {
    case 'conflict':
      if (named === undefined) break
      return versionConflict(named.streamId, named.expected, answer.versions[answer.at - 1] ?? 0)
    case 'key_reused':
      return keyReused()
    case 'type_mismatch': {
      const claimed = request.streams[answer.at - 1]?.streamType ?? ''
      return new TrickleError(
        'STREAM_TYPE_MISMATCH',
        `The stream ${named?.streamId ?? ''} has the type ${answer.result}, which its first append gave it; this append claims "${claimed}".`,
      )
    }
    case 'name_taken':
    case 'name_not_held':
      return nameRefusal(named?.streamId ?? '', JSON.parse(answer.result) as NameInTheWay)
    case 'tenant_suspended':
      return new TrickleError(
        'TENANT_SUSPENDED',
        `The tenant ${tenant.slug} is suspended. An operator can resume it.`,
      )
    case 'tenant_unknown':
      return new TrickleError('TENANT_UNKNOWN', 'The tenant does not exist any more.')
  }
  return new TrickleError('INTERNAL', 'The append ended in a way that this version does not know.')
}

interface NameInTheWay {
  readonly outcome: string
  readonly set: string
  readonly value: string
  readonly holder: string | null
}

/** The holder is a stream of the same tenant: names of other tenants are never seen. */
function nameRefusal(streamId: string, { outcome, set, value, holder }: NameInTheWay): TrickleError {
  if (outcome === 'name_taken') {
    return new TrickleError(
      'NAME_TAKEN',
      `The name "${value}" of the set "${set}" is held by the stream ${holder ?? ''}, so ${streamId} can't have it. Nothing was written.`,
      { extensions: { set, value, holder: holder ?? '', streamId } },
    )
  }
  const state = holder === null ? 'held by nobody' : `held by the stream ${holder}`
  return new TrickleError(
    'NAME_NOT_HELD',
    `The name "${value}" of the set "${set}" is ${state}, so ${streamId} can't release it. Nothing was written.`,
    { extensions: { set, value, holder, streamId } },
  )
}

/** The error for ids that exist already, but not from one append with equal content. */
export const eventIdExists = (eventId: string): TrickleError =>
  new TrickleError(
    'EVENT_ID_EXISTS',
    `An event with the id "${eventId}" exists in this tenant with other content or from another append. Nothing was written.`,
    { extensions: { eventId } },
  )

/** 412 with the stream's version, so that the caller can read what it missed and decide again. */
function versionConflict(streamId: string, expected: Expectation, currentVersion: number): TrickleError {
  const state = currentVersion === 0 ? 'has no events' : `is at version ${currentVersion}`
  return new TrickleError(
    'VERSION_CONFLICT',
    `The stream ${streamId} ${state}; this request requires ${describe(expected)}. Read what is new, then decide again. Nothing was written.`,
    {
      extensions: {
        streamId,
        currentVersion,
        expected: expected.mode === 'version' ? expected.version : expected.mode,
      },
      headers: currentVersion === 0 ? {} : { ETag: `"${currentVersion}"` },
    },
  )
}

function describe(expected: Expectation): string {
  switch (expected.mode) {
    case 'none':
      return 'that it does not exist'
    case 'exists':
      return 'that it exists'
    case 'version':
      return `version ${expected.version}`
    case 'any':
      return 'nothing'
  }
}
