import type { Registered } from './register.ts'

/** What the registration has made, and the commands that tell an azd environment of it. */
export function registeredText({
  directoryId,
  apiAppId,
  operator,
  backend,
  changes,
  isDry,
}: Registered): string {
  const applications = {
    ...(operator === null ? {} : { operator: [operator.appId] }),
    ...(backend === null ? {} : { service: [backend.appId] }),
  }
  const lines = [
    summary(changes, isDry),
    `API        ${apiAppId}`,
    ...[operator, backend].flatMap((caller) =>
      caller === null
        ? []
        : [
            `${(caller === operator ? 'Operator' : 'Backend').padEnd(10)} ${caller.appId}`,
            ...(caller.secret === undefined ? [] : [`  secret, shown only now: ${caller.secret}`]),
          ],
    ),
    '',
    'For the azd environment:',
    `  azd env set TRICKLE_AUTH_ISSUER "https://login.microsoftonline.com/${directoryId}/v2.0"`,
    `  azd env set TRICKLE_AUTH_AUDIENCE "${apiAppId}"`,
    '  azd env set TRICKLE_AUTH_TENANT_CLAIM extn.tenant',
  ]
  if (Object.keys(applications).length > 0)
    lines.push(`  azd env set TRICKLE_AUTH_APPLICATIONS '${JSON.stringify(applications)}'`)
  return lines.join('\n')
}

function summary(changes: number, isDry: boolean): string {
  if (changes === 0) return 'Everything is registered already; nothing was changed.'
  const counted = `${changes} ${changes === 1 ? 'change' : 'changes'}`
  return isDry ? `${counted} to make. Nothing was changed.` : `${counted} made.`
}
