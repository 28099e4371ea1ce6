import { clientOptions } from '../client-options.ts'
import { defineCommand } from '../frame/index.ts'

export const options = {
  print: { type: 'boolean', default: false, description: 'only print the address' },
  url: clientOptions.url,
  insecure: clientOptions.insecure,
} as const

export const command = defineCommand({
  name: 'open',
  summary: 'Open the reference page of the API, where each route can be tried.',
  usage: '[--print]',
  options,
  notes: `It prints the address too, and only prints it where no terminal is. BROWSER names another program to open it with.
The page asks for a token at Authorize: npx trickle token --tenant acme --roles writer,reader`,
  run: async (context) => await (await import('../runs/open.ts')).run(context),
})
