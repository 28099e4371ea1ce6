import { defineCommand } from '../frame/index.ts'

export const options = {
  lines: {
    type: 'string',
    default: '20',
    placeholder: 'N',
    description: 'of each log, from its end (default 20)',
  },
  follow: { type: 'boolean', short: 'f', default: false, description: 'go on with what is written' },
} as const

export const command = defineCommand({
  name: 'logs',
  summary: 'Show the logs of the local run.',
  usage: '[PART] [--lines N] [--follow]',
  arguments: [
    {
      name: 'PART',
      description: 'a process of the run, as status names it, such as public-host',
      isOptional: true,
    },
  ],
  example: 'public-host --follow',
  options,
  notes: `Without PART all logs are shown. They stay when the run ends, in the folder logs of the home. Those of Azure
are in Application Insights.`,
  run: async (context) => await (await import('../runs/logs.ts')).run(context),
})
