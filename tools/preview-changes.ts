/**
 * Reads the output of `azd provision --preview` after a deployment, and fails if a second deployment would create or
 * delete anything. No other check finds a template that makes a new server in each run. Modifications are only
 * reported, since the preview also lists properties that Azure itself sets.
 */
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'
import { fileURLToPath } from 'node:url'

/** `Create : Storage account : stcode123`; source: azure-dev, pkg/output/ux/preview_provision.go. */
const LINE = /^\s*(Create|Delete|Deploy|Modify|Skip|Unsupported)\s*:\s*(.*\S)\s*$/

export interface PreviewedChanges {
  /** Number of all lines about resources; 0 if the text is not a preview. */
  readonly total: number
  readonly created: readonly string[]
  readonly deleted: readonly string[]
  readonly modified: readonly string[]
}

export function readPreview(output: string): PreviewedChanges {
  const lines = stripVTControlCharacters(output)
    .split(/\r?\n/)
    .flatMap((line) => {
      const [, action, resource] = LINE.exec(line) ?? []
      return action === undefined || resource === undefined
        ? []
        : [{ action, resource: resource.replaceAll(/\s+/g, ' ') }]
    })
  const of = (wanted: string): string[] =>
    lines.filter(({ action }) => action === wanted).map(({ resource }) => resource)
  return { total: lines.length, created: of('Create'), deleted: of('Delete'), modified: of('Modify') }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { total, created, deleted, modified } = readPreview(await text(process.stdin))
  for (const resource of modified) console.log(`would be modified: ${resource}`)
  for (const resource of created) console.error(`WOULD BE CREATED: ${resource}`)
  for (const resource of deleted) console.error(`WOULD BE DELETED: ${resource}`)
  if (total === 0) console.error('There is no resource in this preview.')
  console.log(
    `${total} resources, ${created.length} created, ${deleted.length} deleted, ${modified.length} modified`,
  )
  process.exitCode = total > 0 && created.length + deleted.length === 0 ? 0 : 1
}
