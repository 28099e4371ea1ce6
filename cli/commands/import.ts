import { slugOf } from '../../shared/tenancy/index.ts'
import { clientOptions } from '../client.ts'
import { defineCommand, durationSeconds, UsageError } from '../frame/index.ts'
import {
  createReporter,
  defaultRejectsFile,
  formatOf,
  inspectFile,
  loadMapping,
  progressFileOf,
  runImport,
  summaryText,
  targetOf,
} from '../import/index.ts'
import type { ImportResult } from '../import/index.ts'

function tenantOf(text: string | undefined): string | null {
  if (text === undefined) return null
  const slug = slugOf(text)
  if (slug !== null) return slug
  throw new UsageError(`--tenant takes the slug of a tenant, not "${text}".`)
}

/** Advice for rejected records, by the error code of the first. */
const hints: Readonly<Record<string, string>> = {
  TENANT_UNKNOWN: ' Tenants that are missing are made with --create-tenants.',
  NUMBER_NOT_EXACT: ' Such a number has to be a string in the file.',
}

function tellOfRejects(
  { counts, firstReject }: ImportResult,
  rejectsFile: string,
  note: (line: string) => void,
): void {
  if (counts.rejected === 0) return
  note(`Rejected lines, with the reason of each: ${rejectsFile}`)
  if (!firstReject) return
  const { line, code, detail } = firstReject
  note(`The first of this run: line ${line}: ${code}: ${detail}${hints[code] ?? ''}`)
}

export const command = defineCommand({
  name: 'import',
  summary: 'Import events from a file of NDJSON or CSV.',
  usage: 'FILE [--map MODULE] [--tenant SLUG] [--create-tenants] ...',
  positionals: { min: 1, max: 1 },
  options: {
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
  },
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
Exit code 1 when a line was rejected. read = appended + duplicates + rejected + skipped.`,
  run: async ({ values, positionals, home, print, note, screen, interruption }) => {
    const [file = ''] = positionals
    const tenant = tenantOf(values.tenant)
    const format = formatOf(file, values)
    const retryForMs = durationSeconds(values['retry-for'], '--retry-for') * 1000
    const isStream = file === '-'
    const source = isStream
      ? ({ kind: 'stream', stream: process.stdin } as const)
      : ({ kind: 'file', file: await inspectFile(file) } as const)
    const mapping = values.map === undefined ? null : await loadMapping(values.map)
    const { url, token, insecure, 'create-tenants': createTenants } = values
    const target = targetOf({ home, url, token, insecure, tenant, createTenants })
    const rejectsFile = values.rejects ?? defaultRejectsFile(file)
    const result = await runImport({
      source,
      format,
      mapping,
      target,
      tenant,
      rejectsFile,
      progressFile: isStream ? null : (values.progress ?? progressFileOf(home, file, target.name, tenant)),
      restart: values.restart,
      retryForMs,
      reporter: createReporter(screen),
      signal: interruption(),
    })
    const { counts, seconds, createdTenants } = result
    if (createdTenants > 0) note(`Tenants made: ${createdTenants}.`)
    tellOfRejects(result, rejectsFile, note)
    print({ ...counts, seconds: Number(seconds.toFixed(3)) }, summaryText(counts, seconds))
    return counts.rejected > 0 ? 1 : 0
  },
})
