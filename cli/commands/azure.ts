import { defineGroup } from '../frame/index.ts'

export const options = {
  name: {
    type: 'string',
    default: 'trickle',
    placeholder: 'NAME',
    description: 'of the API; callers are called NAME-operator and NAME-backend (default trickle)',
  },
  operator: { type: 'boolean', default: false, description: 'register an application for operators' },
  backend: {
    type: 'boolean',
    default: false,
    description: 'register an application for a backend that acts for all tenants',
  },
  me: {
    type: 'string',
    placeholder: 'TENANT',
    description: 'make the signed-in user a reader and writer of this tenant (its slug)',
  },
  'secret-days': {
    type: 'string',
    placeholder: 'N',
    description: 'make secrets of operator and backend that are valid for so many days',
  },
  'dry-run': { type: 'boolean', default: false, description: 'tell what would change, and change nothing' },
  'graph-url': {
    type: 'string',
    placeholder: 'URL',
    description: 'Microsoft Graph of another cloud (default: the public one)',
  },
  environment: {
    type: 'string',
    short: 'e',
    placeholder: 'NAME',
    description: 'the azd environment (default: the one that azd uses now)',
  },
  smoke: {
    type: 'boolean',
    default: false,
    description: 'also append and read, with TRICKLE_OPERATOR_TOKEN and TRICKLE_TOKEN',
  },
  'smoke-tenant': {
    type: 'string',
    default: 'smoke',
    placeholder: 'TENANT',
    description: 'the tenant that an operator makes for it (default smoke)',
  },
  within: {
    type: 'string',
    default: '60',
    placeholder: 'SECONDS',
    description: 'how long the app may take to become ready (default 60)',
  },
  out: { type: 'string', placeholder: 'FILE', description: 'write the report to a file' },
  'management-url': {
    type: 'string',
    placeholder: 'URL',
    description: 'Azure Resource Manager of another cloud (default: the public one)',
  },
  'entra-url': {
    type: 'string',
    placeholder: 'URL',
    description: 'Entra ID of another cloud (default: the public one)',
  },
} as const

export const subcommands = {
  register: {
    summary: 'the API and its callers with Microsoft Entra ID',
    usage: '[--operator] [--backend] [--me TENANT] [--secret-days N] [--dry-run]',
    example: '--operator --me acme --dry-run',
    options: ['name', 'operator', 'backend', 'me', 'secret-days', 'dry-run', 'graph-url'],
  },
  evidence: {
    summary: 'what a deployment shows: outputs, smoke test, answers to the unknowns',
    usage: '[--environment NAME] [--smoke] [--out FILE]',
    example: '--out evidence.md',
    options: ['environment', 'smoke', 'smoke-tenant', 'within', 'out', 'management-url', 'entra-url'],
  },
} as const

export const command = defineGroup({
  name: 'azure',
  summary: 'Register with Microsoft Entra ID; collect evidence of a deployment.',
  subcommands,
  options,
  notes: `register uses the login of the Azure CLI (az login), and needs the right to register applications there.
What is there already stays, so it can be run again at any time; what is missing is added. It deletes nothing.
A secret is printed once. Afterwards: docs/azure/deploy.md, step 3.

evidence uses the login of azd (else of az), and only reads; the right Reader on the subscription is enough. With
--smoke it appends one event. Secrets are left out of the report. Exit code 1: the smoke test was not good.`,
  run: async (context) => await (await import('../runs/azure.ts')).run(context),
})
