import type { Sizes } from '../../../infra/hooks/cost/index.ts'

const monthlyCost = {
  asOf: '2026-11',
  source: 'estimate',
  postgresServer: 200,
  postgresStorage: 20,
  geoRedundantBackup: 15,
  functions: 60,
  serviceBusStandard: 10,
  serviceBusPremium: 700,
  storageAccount: 5,
  monitoring: 30,
  analyticsNode: 250,
  cache: 100,
  privateEndpoint: 8,
  keyVaultKey: 1,
} as const

const standard: Sizes['standard'] = {
  postgres: { skuName: 'Standard_D4ds_v5', tier: 'GeneralPurpose', highAvailability: 'ZoneRedundant' },
  replicas: [],
  serviceBus: { tier: 'Standard', capacity: 1 },
  analytics: { mode: 'off', skuName: 'Standard_E2ads_v5', tier: 'Standard', capacity: 2, autoStop: false },
  cache: { skuName: 'Balanced_B1' },
  monthlyCost,
}

const developers: Sizes['dev']['analytics'] = {
  mode: 'off',
  skuName: 'Dev(No SLA)_Standard_E2a_v4',
  tier: 'Basic',
  capacity: 1,
  autoStop: true,
}

/** Sizes with figures that a person can add up. */
export const sizesSample: Sizes = {
  dev: {
    ...standard,
    postgres: { skuName: 'Standard_B2s', tier: 'Burstable', highAvailability: 'Disabled' },
    analytics: developers,
    monthlyCost: { ...monthlyCost, postgresServer: 40, postgresStorage: 5, functions: 5, analyticsNode: 90 },
  },
  trial: {
    ...standard,
    postgres: { ...standard.postgres, skuName: 'Standard_D2ds_v5', highAvailability: 'Disabled' },
    replicas: [{ name: 'reads', purpose: 'reads' }],
    analytics: { ...developers, mode: 'new' },
    monthlyCost: { ...monthlyCost, postgresServer: 100, postgresStorage: 5, functions: 5, analyticsNode: 90 },
  },
  standard,
  scale: { ...standard, serviceBus: { tier: 'Premium', capacity: 2 } },
}

/** What every deployment has to say. */
export const requiredParameters = {
  TRICKLE_AUTH_ISSUER: 'https://login.example.com/',
  TRICKLE_AUTH_AUDIENCE: 'api://trickle',
} as const
