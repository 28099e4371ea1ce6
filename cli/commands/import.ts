import { clientOptions } from '../client-options.ts'
import { defineCommand } from '../frame/index.ts'

export const options = {
  map: {
    type: 'string',
    placeholder: 'MODULE',
    description: 'makes an event of each row (default: the rows are events already)',
  },
  tenant: { type: 'string', placeholder: 'SLUG', description: 'all events go to this tenant' },
  'create-tenants': { type: 'boolean', default: false, description: 'make tenants that are missing' },
  format: { type: 'string', placeholder: 'NAME', description: 'ndjson or csv (default: by the name)' },
  delimiter: { type: 'string', placeholder: 'CHAR', description: 'of CSV (default: comma; tab for .tsv)' },
  rejects: {
    type: 'string',
    placeholder: 'FILE',
    description: 'rejected lines go here (default: FILE.rejects.ndjson)',
  },
  progress: {
    type: 'string',
    placeholder: 'FILE',
    description: 'how far it came (default: in the folder imports of the home)',
  },
  restart: {
    type: 'boolean',
    default: false,
    description: 'begin with the first line instead of going on',
  },
  'retry-for': {
    type: 'string',
    default: '2m',
    placeholder: 'TIME',
    description: 'how long the server may be away (default 2m)',
  },
  ...clientOptions,
} as const

export const command = defineCommand({
  name: 'import',
  summary: 'Import events from a file of NDJSON or CSV.',
  usage: 'FILE [--map MODULE] [--tenant SLUG] [--create-tenants] ...',
  arguments: [
    {
      name: 'FILE',
      description: 'a file of NDJSON (.ndjson, .jsonl) or CSV (.csv, .tsv), or - for standard input',
    },
  ],
  example: 'events.ndjson --tenant acme',
  options,
  notes: `FILE is NDJSON (.ndjson, .jsonl) or CSV with a header row (.csv, .tsv), UTF-8, also packed by gzip; - is
standard input. Without --map a line is {"tenant","streamId","id","type","time","data","metadata"} (a tenant only for
operators), or an event as reads give it, and goes as it is, digit by digit; a CSV has columns of these names, the others
become data.

A module is  export default (row, { row, line }) => ({ tenant, streamId, id, type, time, data, metadata })
It returns null to skip a row, an array for several events; a row on which it throws is rejected. A number beyond
2^53 comes to it as raw JSON, which goes back into an event without change. Of variables it may read those that begin
with TRICKLE_MAP_. Examples: examples/github-events.mjs, examples/generic-csv.mjs.

An import that was interrupted goes on when the same command is run again; events that are stored already are
recognised by their id. Lines of a stream are appended in the order of the file.
For the local run a token is made: a writer's with --tenant, an operator's otherwise.
Exit code 1 when a line was rejected. read = appended + duplicates + rejected + skipped. When none of the first 1,000 lines
names a tenant that exists, the import ends there.`,
  run: async (context) => await (await import('../runs/import.ts')).run(context),
})
