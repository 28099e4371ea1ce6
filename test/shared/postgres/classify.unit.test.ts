import { describe, expect, it } from 'vitest'
import {
  breaksConnection,
  classifyFailure,
  codeOf,
  constraintOf,
  databaseError,
  misfitOf,
} from '../../../shared/postgres/index.ts'
import type { FailureClass } from '../../../shared/postgres/index.ts'

/** code, class, whether the connection is done for. */
const BY_CODE: readonly (readonly [code: string, failure: FailureClass, breaks: boolean])[] = [
  ['08001', 'before-send', true],
  ['08004', 'before-send', true],
  ['53300', 'before-send', false],
  ['57P03', 'before-send', true],
  ['40001', 'rolled-back', false],
  ['40P01', 'rolled-back', false],
  ['55P03', 'rolled-back', false],
  ['25P03', 'rolled-back', true],
  ['25P04', 'rolled-back', true],
  ['57P01', 'ambiguous', true],
  ['57P02', 'ambiguous', true],
  ['57P05', 'ambiguous', true],
  ['08000', 'ambiguous', true],
  ['08003', 'ambiguous', true],
  ['08006', 'ambiguous', true],
  ['08007', 'ambiguous', true],
  ['40003', 'ambiguous', true],
  ['53000', 'pressure', false],
  ['53200', 'pressure', false],
  ['53400', 'pressure', false],
  ['58000', 'pressure', false],
  ['58030', 'pressure', false],
  ['53100', 'never', false],
  ['25006', 'role-changed', false],
  ['57014', 'never', false],
  ['57P04', 'never', true],
  ['22012', 'never', false],
  ['22P02', 'never', false],
  ['23505', 'never', false],
  ['25P02', 'never', false],
  ['26000', 'rolled-back', false],
  ['28P01', 'never', false],
  ['3D000', 'never', false],
  ['42501', 'never', false],
  ['42P05', 'rolled-back', false],
  ['0A000', 'never', false],
  ['XX000', 'never', false],
  ['TK001', 'never', false],
  ['TK002', 'never', false],
  ['ECONNREFUSED', 'before-send', true],
  ['ENOTFOUND', 'before-send', true],
  ['EAI_AGAIN', 'before-send', true],
  ['EHOSTUNREACH', 'before-send', true],
  ['ENETUNREACH', 'before-send', true],
  ['ECONNRESET', 'ambiguous', true],
  ['EPIPE', 'ambiguous', true],
  ['ETIMEDOUT', 'ambiguous', true],
]

/** Texts without a code of their own, or with one that says nothing (PgBouncer's 08P01). */
const byText: readonly (readonly [code: string | undefined, message: string, failure: FailureClass])[] = [
  [undefined, 'timeout exceeded when trying to connect', 'before-send'],
  [undefined, 'Connection terminated due to connection timeout', 'before-send'],
  [undefined, 'timeout expired', 'before-send'],
  [undefined, 'Client has encountered a connection error and is not queryable', 'before-send'],
  [undefined, 'Client was closed and is not queryable', 'before-send'],
  [undefined, 'Cannot use a pool after calling end on the pool', 'before-send'],
  ['08P01', 'no more connections allowed (max_client_conn)', 'before-send'],
  ['08P01', 'query_wait_timeout', 'before-send'],
  ['08P01', 'client_login_timeout (server down)', 'before-send'],
  ['08P01', 'server conn crashed?', 'ambiguous'],
  ['08P01', 'server_login_retry: connect failed', 'before-send'],
  [undefined, 'Connection terminated unexpectedly', 'ambiguous'],
  [undefined, 'Connection terminated', 'ambiguous'],
  [undefined, 'Query read timeout', 'ambiguous'],
  [undefined, 'something else', 'never'],
]

const failure = (message: string, facts: object = {}): Error => Object.assign(new Error(message), facts)

describe('the classifier', () => {
  it.each(BY_CODE)('takes %s for %s (breaks the connection: %s)', (code, expected, breaks) => {
    const error = failure('it failed', { code })
    expect(classifyFailure(error)).toBe(expected)
    expect(breaksConnection(error)).toBe(breaks)
  })

  it.each(byText)('takes %s "%s" for %s, and the connection for broken', (code, message, expected) => {
    const error = failure(message, code === undefined ? {} : { code })
    expect(classifyFailure(error)).toBe(expected)
    expect(breaksConnection(error)).toBe(true)
  })

  it('takes a time-out of the connect itself for nothing sent', () => {
    expect(classifyFailure(failure('connect', { code: 'ETIMEDOUT', syscall: 'connect' }))).toBe('before-send')
    expect(classifyFailure(failure('read', { code: 'ETIMEDOUT', syscall: 'read' }))).toBe('ambiguous')
  })

  it.each([null, undefined, 'text', 7, {}, { code: 40_001 }])('never retries %j', (value) => {
    expect(classifyFailure(value)).toBe('never')
    expect(codeOf(value)).toBe('')
    expect(constraintOf(value)).toBe('')
  })
})

describe('a misfit of a statement and the database', () => {
  const missing = failure('relation "nope" does not exist', { code: '42P01', position: '15' })

  it.each([
    ['42P01', { position: '15' }, 'object'],
    ['42P01', { internalPosition: '13' }, 'object'],
    ['42703', { position: '8' }, 'object'],
    ['42883', { position: '8' }, 'object'],
    ['42704', { position: '11' }, 'object'],
    ['3F000', { position: '8' }, 'object'],
    ['42P10', { routine: 'infer_arbiter_indexes' }, 'object'],
    ['42501', { routine: 'aclcheck_error' }, 'right'],
    ['42501', { routine: 'nextval_internal' }, 'right'],
    ['42601', { position: '1' }, 'sense'],
    ['42804', { position: '46' }, 'sense'],
  ])('is %s with %j', (code, facts, lacks) => {
    expect(misfitOf(failure('it', { code, ...facts }))).toEqual({ lacks, code, message: 'it' })
  })

  it.each([
    ['42P01', {}],
    ['42704', { routine: 'regconfigin' }],
    ['42501', { routine: 'ExecWithCheckOptions' }],
    ['42501', { routine: 'exec_stmt_raise' }],
    ['22P02', { position: '8' }],
    ['23505', {}],
    ['ENOENT', {}],
  ])('is not %s with %j', (code, facts) => {
    expect(misfitOf(failure('it', { code, ...facts }))).toBeNull()
  })

  it('is found in the causes, also where they go round in a circle', () => {
    const wrapped = new Error('the repository failed', { cause: databaseError(missing) })
    expect(misfitOf(wrapped)).toMatchObject({ code: '42P01' })
    const loop = new Error('a')
    loop.cause = new Error('b', { cause: loop })
    expect(misfitOf(loop)).toBeNull()
    expect([misfitOf(null), misfitOf('42P01')]).toEqual([null, null])
  })
})

describe('databaseError', () => {
  it.each([
    ['53300', 'DATABASE_UNAVAILABLE', 503],
    ['40001', 'DATABASE_BUSY', 503],
    ['57P01', 'OUTCOME_UNKNOWN', 503],
    ['53200', 'DATABASE_BUSY', 503],
    ['25006', 'DATABASE_READ_ONLY', 503],
    ['57014', 'DEADLINE_EXCEEDED', 504],
    ['TK001', 'TENANT_CONTEXT_REFUSED', 403],
    ['TK002', 'INTERNAL', 500],
    ['42501', 'INTERNAL', 500],
  ])('makes of %s the code %s with status %i', (code, expected, status) => {
    const cause = failure('secret text of the driver', { code })
    const error = databaseError(cause)
    expect(error).toMatchObject({ code: expected, status, cause })
    expect(error.detail).not.toContain('secret')
    expect(error.retryable).toBe(status === 503 || status === 504)
  })

  it('asks to come back for what may pass', () => {
    expect(databaseError(failure('', { code: '40P01' })).headers).toEqual({ 'Retry-After': '1' })
    expect(databaseError(failure('', { code: '42501' })).headers).toEqual({})
  })
})
