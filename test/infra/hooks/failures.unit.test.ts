import { describe, expect, it } from 'vitest'
import { claimsOf } from '../../../infra/hooks/azure/index.ts'
import { makeConnections } from '../../../infra/hooks/connect.ts'
import { databaseFailure } from '../../../infra/hooks/database/failures.ts'
import { HookFailure } from '../../../infra/hooks/frame/failure.ts'
import { readPostprovisionSettings } from '../../../infra/hooks/settings.ts'
import { TrickleError } from '../../../shared/errors/index.ts'
import { outputsSample } from './outputs-sample.ts'

const server = {
  name: 'pg',
  url: 'postgres://anna%40example.com@pg.postgres.database.azure.com:5432',
  isPrivate: false,
}

const errorOf = (code: string, message: string): Error => Object.assign(new Error(message), { code })

describe('what a failed step means', () => {
  it.each([
    [
      '28P01',
      'password authentication failed for user "anna@example.com"',
      'NOT_ADMINISTRATOR',
      'azd provision --no-state',
    ],
    ['28000', 'role "anna@example.com" does not exist', 'NOT_ADMINISTRATOR', 'TRICKLE_HOOK_POSTGRES_USER'],
    [
      '28P01',
      'The access token has expired. Acquire a new token and retry.',
      'TOKEN_EXPIRED',
      'azd auth login',
    ],
    [
      '28000',
      'no pg_hba.conf entry for host "203.0.113.7", user "anna", database "postgres"',
      'NO_ROUTE',
      'TRICKLE_CLIENT_ADDRESS',
    ],
    ['ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.4:5432', 'NO_ROUTE', 'firewall'],
    ['ETIMEDOUT', 'connect ETIMEDOUT', 'NO_ROUTE', 'firewall'],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND pg.postgres.database.azure.com', 'NO_ROUTE', 'firewall'],
    ['', 'timeout expired', 'NO_ROUTE', 'firewall'],
    ['', 'Connection terminated due to connection timeout', 'NO_ROUTE', 'firewall'],
    ['57P03', 'the database system is starting up', 'SERVER_RESTARTING', 'Wait'],
    ['25006', 'cannot execute CREATE ROLE in a read-only transaction', 'DATABASE_IS_REPLICA', 'primary'],
    [
      '42883',
      'function pg_catalog.pgaadauth_list_principals(boolean) does not exist',
      'ENTRA_FUNCTIONS_MISSING',
      'Entra',
    ],
    ['22023', 'security label provider "pgaadauth" is not loaded', 'ENTRA_FUNCTIONS_MISSING', 'Entra'],
    ['42883', 'function trickle_events_log.append() does not exist', 'STATEMENT_FAILED', 'Mend it there'],
    ['42710', 'role "trickle_app" already exists', 'ROLE_EXISTS', 'adopts'],
    ['55P03', 'canceling statement due to lock timeout', 'DATABASE_BUSY', 'again'],
    ['57P01', 'terminating connection due to administrator command', 'CONNECTION_LOST', 'goes on'],
    ['ECONNRESET', 'read ECONNRESET', 'CONNECTION_LOST', 'goes on'],
    ['', 'Connection terminated unexpectedly', 'CONNECTION_LOST', 'goes on'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'TLS_REFUSED', 'NODE_EXTRA_CA_CERTS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'Hostname does not match', 'TLS_REFUSED', 'NODE_EXTRA_CA_CERTS'],
    ['', 'The server does not support SSL connections', 'TLS_REFUSED', 'proxy'],
    ['42501', 'permission denied to create role', 'STATEMENT_FAILED', 'SQLSTATE 42501'],
  ])('%s %s: %s', (code, message, failure, mend) => {
    const told = databaseFailure(
      code === '' ? new Error(message) : errorOf(code, message),
      server,
      'make the roles',
    )
    expect(told).toMatchObject({
      code: failure,
      where: 'make the roles, at pg.postgres.database.azure.com:5432 as anna@example.com',
    })
    expect(`${told.message} ${(told as HookFailure).mend}`).toContain(mend)
  })

  it('is another one from outside of a private network', () => {
    const shut = databaseFailure(errorOf('ENOTFOUND', 'getaddrinfo'), { ...server, isPrivate: true }, 'look')
    expect(shut).toMatchObject({ code: 'PRIVATE_NETWORK', mend: expect.stringContaining('inside') as string })
  })

  it('says which migration was edited, and leaves its own failures and defects as they are', () => {
    const edited = new TrickleError('CONFIGURATION_INVALID', 'changed since: event-store/0001_log')
    expect(databaseFailure(edited, server, 'run')).toMatchObject({
      code: 'MIGRATION_EDITED',
      message: 'changed since: event-store/0001_log',
    })
    const own = new HookFailure({ code: 'ROLE_EXISTS', what: 'a', where: 'b', mend: 'c' })
    expect(databaseFailure(own, server, 'run')).toBe(own)
    const defect = new TypeError('x is not a function')
    expect(databaseFailure(defect, server, 'run')).toBe(defect)
  })
})

describe('what the hook reads of its environment', () => {
  it.each(
    Object.keys(outputsSample).filter((name) =>
      /^POSTGRES_(SERVER|HOST)|PRINCIPAL_ID$|^AZURE_[RS]/.test(name),
    ),
  )('is refused without %s', (name) => {
    expect(() => readPostprovisionSettings({ ...outputsSample, [name]: '' })).toThrow(
      expect.objectContaining({
        code: 'OUTPUT_MISSING',
        message: `The output ${name} of the template is not there.`,
      }),
    )
  })

  it.each([
    [{ IDENTITY_APP_PRINCIPAL_ID: 'id-app' }, 'PARAMETER_INVALID'],
    [
      { IDENTITY_APP_PRINCIPAL_ID: outputsSample.IDENTITY_OPERATOR_PRINCIPAL_ID.toUpperCase() },
      'PARAMETERS_CONTRADICT',
    ],
    [{ TRICKLE_HOOK_MANAGEMENT_URL: 'https://management.example.com' }, 'PARAMETER_INVALID'],
    [{ TRICKLE_HOOK_MANAGEMENT_URL: 'http://127.0.0.1.example.com' }, 'PARAMETER_INVALID'],
    [{ TRICKLE_HOOK_ENTRA: 'none' }, 'PARAMETER_INVALID'],
    [{ TRICKLE_HOOK_RESTART: 'no' }, 'PARAMETER_INVALID'],
    [{ TRICKLE_HOOK_POSTGRES_URL: 'localhost' }, 'PARAMETER_INVALID'],
    [{ TRICKLE_HOOK_WAIT_SECONDS: 'long' }, 'PARAMETER_INVALID'],
  ])('is refused with %j', (wrong, code) => {
    expect(() => readPostprovisionSettings({ ...outputsSample, ...wrong })).toThrow(
      expect.objectContaining({ code }),
    )
  })
})

describe('who logs in', () => {
  const tokenOf = (claims: object): string =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`

  async function userFor(claims: object, environment: object = {}): Promise<string> {
    const settings = readPostprovisionSettings({ ...outputsSample, ...environment })
    const { server: made } = await makeConnections(settings, () => Promise.resolve(tokenOf(claims)))
    return decodeURIComponent(new URL(made.url).username)
  }

  const oid = outputsSample.POSTGRES_ADMINISTRATOR_OBJECT_ID

  it.each([
    ['the template’s administrator', { oid, upn: 'other@example.com' }, {}, 'anna@example.com'],
    ['somebody else by the own name', { oid: 'x', upn: 'ben@example.com' }, {}, 'ben@example.com'],
    ['another pipeline by its application', { oid: 'x', appid: 'app-1' }, {}, 'app-1'],
    [
      'whom the template does not know',
      { upn: 'c@example.com' },
      { POSTGRES_ADMINISTRATOR_NAME: '' },
      'c@example.com',
    ],
    ['a group’s member', { oid: 'x', upn: 'ben@example.com' }, { TRICKLE_HOOK_POSTGRES_USER: 'dba' }, 'dba'],
  ])('is %s', async (_who, claims, environment, user) => {
    expect(await userFor(claims, environment)).toBe(user)
  })

  it('is refused when nobody says so', async () => {
    await expect(userFor({ oid: 'x' })).rejects.toMatchObject({ code: 'OUTPUT_MISSING' })
    expect(claimsOf('no token')).toEqual({ objectId: undefined, name: undefined })
  })

  it('asks for a token of PostgreSQL at each connection, verifies TLS, and finds replicas beside the server', async () => {
    const scopes: string[] = []
    const settings = readPostprovisionSettings(outputsSample)
    const { server: made, replica } = await makeConnections(settings, (scope) => {
      scopes.push(scope)
      return Promise.resolve(tokenOf({ oid }))
    })
    await made.password?.()
    expect(scopes).toEqual(Array(2).fill('https://ossrdbms-aad.database.windows.net/.default'))
    expect(made.url).toBe(
      'postgres://anna%40example.com@pg-1.postgres.database.azure.com:5432?sslmode=verify-full',
    )
    expect(new URL(replica('pg-1-reads').url).hostname).toBe('pg-1-reads.postgres.database.azure.com')
  })
})
