import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../../shared/config/index.ts'

const local = {
  TRICKLE_ENVIRONMENT: 'local',
  TRICKLE_POSTGRES_APP_URL: 'postgres://trickle_app:secret@localhost:5432/trickle',
  TRICKLE_POSTGRES_FORWARDER_URL: 'postgres://trickle_forwarder:secret@localhost:5432/trickle',
  TRICKLE_POSTGRES_OPERATOR_URL: 'postgres://trickle_operator:secret@localhost:5432/trickle',
  TRICKLE_AUTH_ISSUER: 'http://127.0.0.1:4000',
  TRICKLE_AUTH_AUDIENCE: 'api://trickle',
}
const detailOf = (environment: Record<string, string>): string => {
  try {
    parseSettings(environment)
    return ''
  } catch (error) {
    return (error as { detail: string }).detail
  }
}

describe('settings', () => {
  it('have defaults, and an empty variable counts as absent', () => {
    expect(parseSettings({ ...local, TRICKLE_AUTH_TENANT_CLAIM: '' })).toMatchObject({
      TRICKLE_AUTH_TENANT_CLAIM: 'tenant',
      TRICKLE_POSTGRES_STATEMENTS: 'unnamed',
      TRICKLE_ANALYTICS_URL: undefined,
    })
  })

  it('are told by name when missing or wrong, never by value', () => {
    const { TRICKLE_AUTH_ISSUER: _, ...rest } = local
    expect(detailOf(rest)).toContain('TRICKLE_AUTH_ISSUER: is missing')
    const detail = detailOf({ ...local, TRICKLE_POSTGRES_APP_URL: 'mysql://root:hunter2@db/x' })
    expect(detail).toContain('TRICKLE_POSTGRES_APP_URL')
    expect(detail).not.toContain('hunter2')
  })

  it.each([
    'http://login.example.com',
    'https://localhost/issuer',
    'https://127.0.0.1/issuer',
    'https://[::1]/issuer',
  ])('refuse the issuer %s outside the local run', (issuer) => {
    const production = { ...local, TRICKLE_ENVIRONMENT: 'production' }
    expect(detailOf({ ...production, TRICKLE_AUTH_ISSUER: issuer })).toContain('TRICKLE_AUTH_ISSUER')
    expect(detailOf({ ...production, TRICKLE_AUTH_ISSUER: 'https://login.example.com' })).toBe('')
    expect(detailOf({ ...local, TRICKLE_AUTH_ISSUER: issuer })).toBe('')
  })
})
