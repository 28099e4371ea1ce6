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
} as const

export const subcommands = {
  register: {
    summary: 'the API and its callers with Microsoft Entra ID',
    usage: '[--operator] [--backend] [--me TENANT] [--secret-days N] [--dry-run]',
    example: '--operator --me acme --dry-run',
  },
} as const

export const command = defineGroup({
  name: 'azure',
  summary: 'Register the API and its callers with Microsoft Entra ID.',
  subcommands,
  options,
  notes: `It uses the login of the Azure CLI (az login), and needs the right to register applications there.
What is there already stays, so it can be run again at any time; what is missing is added. It deletes nothing.
A secret is printed once. Afterwards: docs/azure/deploy.md, step 3.`,
  run: async (context) => await (await import('../runs/azure.ts')).run(context),
})
