import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { appOfEnvironment, parseSettings } from '../../../shared/config/index.ts'

const LOGINS = ['APP', 'WORKER', 'FORWARDER', 'OPERATOR'] as const
const CLIENT_ID = '7b0b1f4e-9d5e-4c5e-8a53-0d6c1a2b3c4d'

const common = {
  TRICKLE_AUTH_ISSUER: 'https://login.example.com',
  TRICKLE_AUTH_AUDIENCE: 'api://trickle',
}
const login = (name: (typeof LOGINS)[number]): Record<string, string> => ({
  [`TRICKLE_POSTGRES_${name}_URL`]: `postgres://trickle_${name.toLowerCase()}@db.example.com/trickle`,
  [`TRICKLE_POSTGRES_${name}_CLIENT_ID`]: CLIENT_ID,
})
const everything = {
  ...common,
  ...Object.assign({}, ...LOGINS.map(login)),
  TRICKLE_ANALYTICS_URL: 'https://adx.example.com',
  TRICKLE_ANALYTICS_CLIENT_ID: CLIENT_ID,
} as Record<string, string>

const missingIn = (environment: Record<string, string>): string[] => {
  try {
    parseSettings(environment)
    return []
  } catch (error) {
    return [...(error as { detail: string }).detail.matchAll(/TRICKLE_\w+(?=: is missing)/g)].map(
      ([name]) => name,
    )
  }
}

describe('one app', () => {
  it('is what an environment without TRICKLE_SIDE makes, and it needs every login', () => {
    expect(parseSettings(everything)).toMatchObject({ TRICKLE_SIDE: 'both', ...everything })
    expect(missingIn(common)).toEqual(LOGINS.map((name) => `TRICKLE_POSTGRES_${name}_URL`))
  })
})

describe('the public app', () => {
  const environment = { TRICKLE_SIDE: 'public', ...common, ...login('APP') }

  it('needs the login of tenants alone', () => {
    expect(missingIn(environment)).toEqual([])
    expect(missingIn({ TRICKLE_SIDE: 'public', ...common })).toEqual(['TRICKLE_POSTGRES_APP_URL'])
  })

  it('does not learn of other logins and of analytics, even where its environment names them', () => {
    const settings = parseSettings({ ...everything, TRICKLE_SIDE: 'public' })
    for (const name of ['WORKER', 'FORWARDER', 'OPERATOR'] as const) {
      expect(settings[`TRICKLE_POSTGRES_${name}_URL`]).toBeUndefined()
      expect(settings[`TRICKLE_POSTGRES_${name}_CLIENT_ID`]).toBeUndefined()
    }
    expect(settings.TRICKLE_ANALYTICS_URL).toBeUndefined()
    expect(settings.TRICKLE_ANALYTICS_CLIENT_ID).toBeUndefined()
    expect(settings.TRICKLE_POSTGRES_APP_CLIENT_ID).toBe(CLIENT_ID)
  })

  it('does not stumble over a mistake in a setting of the other app', () => {
    expect(missingIn({ ...environment, TRICKLE_POSTGRES_OPERATOR_URL: 'nonsense' })).toEqual([])
  })
})

describe('the background app', () => {
  const environment = {
    TRICKLE_SIDE: 'background',
    ...common,
    ...login('WORKER'),
    ...login('FORWARDER'),
    ...login('OPERATOR'),
  }

  it('needs the other three logins', () => {
    expect(missingIn(environment)).toEqual([])
    expect(missingIn({ TRICKLE_SIDE: 'background', ...common })).toEqual([
      'TRICKLE_POSTGRES_WORKER_URL',
      'TRICKLE_POSTGRES_FORWARDER_URL',
      'TRICKLE_POSTGRES_OPERATOR_URL',
    ])
  })

  it('does not learn of the login of tenants, even where its environment names it: queues write as the worker', () => {
    const settings = parseSettings({ ...environment, ...login('APP') })
    expect(settings.TRICKLE_POSTGRES_APP_URL).toBeUndefined()
    expect(settings.TRICKLE_POSTGRES_APP_CLIENT_ID).toBeUndefined()
  })
})

describe('a wrong TRICKLE_SIDE', () => {
  it('is refused, also where the settings would be complete for another one', () => {
    expect(() => parseSettings({ ...everything, TRICKLE_SIDE: 'bakground' })).toThrow(/TRICKLE_SIDE/)
  })

  it('counts as absent for the list of functions, so that readiness can be asked and says what is wrong', () => {
    expect(['public', 'background', 'both'].map(sideIn)).toEqual(['public', 'background', 'both'])
    expect(['bakground', '', undefined].map(sideIn)).toEqual(['both', 'both', 'both'])
  })
})

const sideIn = (text: string | undefined) => appOfEnvironment({ TRICKLE_SIDE: text })

it('takes the address of the other app, and only an address', () => {
  const url = 'https://func-background.example.com'
  expect(parseSettings({ ...everything, TRICKLE_OTHER_APP_URL: url }).TRICKLE_OTHER_APP_URL).toBe(url)
  expect(() => parseSettings({ ...everything, TRICKLE_OTHER_APP_URL: 'there' })).toThrow(
    /TRICKLE_OTHER_APP_URL: must be an http/,
  )
})

it('checks the settings of contexts in each app', () => {
  const ofContext = { TRICKLE_NOTES_SIZE: z.string().default('7') }
  expect(parseSettings({ ...everything, TRICKLE_SIDE: 'public' }, ofContext)).toMatchObject({
    TRICKLE_NOTES_SIZE: '7',
  })
})
