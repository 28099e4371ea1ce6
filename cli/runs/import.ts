import type { options } from '../commands/import.ts'
import { SLUG_FORM, slugOf } from '../../shared/tenancy/index.ts'
import { durationSeconds, UsageError } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'
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

export async function run({
  values,
  positionals,
  home,
  print,
  note,
  screen,
  interruption,
}: ContextOf<typeof options>): Promise<number | void> {
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
  const { counts, seconds, sentAgain, createdTenants } = result
  if (createdTenants > 0) note(`Tenants made: ${createdTenants}.`)
  tellOfRejects(result, rejectsFile, note)
  print(
    { ...counts, sentAgain, seconds: Number(seconds.toFixed(3)) },
    summaryText(counts, seconds, sentAgain),
  )
  return counts.rejected > 0 ? 1 : 0
}

function tenantOf(text: string | undefined): string | null {
  if (text === undefined) return null
  const slug = slugOf(text)
  if (slug !== null) return slug
  throw new UsageError(`--tenant: "${text}" is no slug of a tenant. ${SLUG_FORM}.`)
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
