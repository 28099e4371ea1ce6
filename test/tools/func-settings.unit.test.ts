import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../shared/config/index.ts'
import { funcSettings } from '../../tools/func-settings.ts'

const sample: unknown = JSON.parse(
  readFileSync(new URL('../../local.settings.sample.json', import.meta.url), 'utf8'),
)

const status = {
  issuer: 'http://127.0.0.1:5001',
  audience: 'api://trickle',
  postgres: {
    app: 'postgres://trickle_app:one@127.0.0.1:5002/trickle',
    worker: 'postgres://trickle_worker:five@127.0.0.1:5002/trickle',
    forwarder: 'postgres://trickle_forwarder:two@127.0.0.1:5002/trickle',
    operator: 'postgres://trickle_operator:three@127.0.0.1:5002/trickle',
    migrator: 'postgres://trickle_migrator:four@127.0.0.1:5002/trickle',
  },
  analytics: { url: 'http://127.0.0.1:5003', database: 'events' },
}

describe('settings for Core Tools', () => {
  const { Values: values, Host: host } = funcSettings(sample, status) as {
    Values: Record<string, string>
    Host: object
  }

  it('are accepted by the code, with the addresses of the run', () => {
    expect(parseSettings(values)).toMatchObject({
      TRICKLE_POSTGRES_APP_URL: status.postgres.app,
      TRICKLE_POSTGRES_WORKER_URL: status.postgres.worker,
      TRICKLE_POSTGRES_FORWARDER_URL: status.postgres.forwarder,
      TRICKLE_POSTGRES_OPERATOR_URL: status.postgres.operator,
      TRICKLE_AUTH_ISSUER: status.issuer,
      TRICKLE_ANALYTICS_URL: status.analytics.url,
      TRICKLE_ANALYTICS_DATABASE: 'events',
    })
  })

  it('leave nothing of the sample to be filled in', () => {
    expect(JSON.stringify(values)).not.toMatch(/PASSWORD|:PORT/)
    expect(values['FUNCTIONS_WORKER_RUNTIME']).toBe('node')
    expect(host).toMatchObject({ LocalHttpPort: 7071 })
  })

  it('are refused without a run', () => {
    expect(() => funcSettings(sample, { issuer: null, postgres: null })).toThrow(/issuer/)
  })
})
