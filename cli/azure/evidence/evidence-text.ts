import type { Evidence, UnknownAnswer } from './collect.ts'

/** The report, in Markdown: for a person, an issue or a pull request. */
export function evidenceText(evidence: Evidence): string {
  const { collectedAt, values } = evidence
  const name = values.outputs['AZURE_ENV_NAME'] ?? 'of Trickle'
  return [
    `# Evidence of the deployment ${name}`,
    '',
    `Collected ${collectedAt} by \`trickle azure evidence\`. Tokens, keys, connection strings and names of persons are left out.`,
    '',
    ...summary(evidence),
    ...section('Smoke test', smokeLines(evidence)),
    ...section('Unknowns', unknownLines(evidence.unknowns)),
    ...section('What the template made', resourceLines(evidence)),
    ...section('Deployments', deploymentLines(evidence)),
    ...section('Outputs', pairTable(values.outputs)),
    ...section('Parameters that were set', [
      ...pairTable(values.parameters),
      '',
      `${values.others} other values of the azd environment were not read.`,
    ]),
  ].join('\n')
}

const section = (title: string, lines: readonly string[]): string[] => ['', `## ${title}`, '', ...lines]

function summary({ unknowns, smoke }: Evidence): string[] {
  const count = (state: UnknownAnswer['state']): number =>
    unknowns.filter((one) => one.state === state).length
  const against = unknowns.filter(({ found }) => found.startsWith('NO')).map(({ number }) => number)
  return [
    `- Unknowns: ${count('answered')} answered, ${count('partly')} partly, ${count('open')} not answered, of ${unknowns.length}.`,
    against.length === 0
      ? '- Nothing read speaks against the template.'
      : `- **Otherwise than the template believes: ${against.join(', ')}.** What to do: docs/azure/unknowns.md.`,
    `- Smoke test: ${smoke.isGood ? 'good' : '**not good**'}.`,
  ]
}

function smokeLines({ smoke }: Evidence): string[] {
  return [
    `At ${smoke.url ?? 'no address'}${smoke.operatorUrl === null ? '' : `, for operators at ${smoke.operatorUrl}`}:`,
    '',
    ...smoke.tried.map((line) => `- ok: ${line}`),
    ...smoke.left.map((line) => `- not tried: ${line}`),
    ...(smoke.failure === null ? [] : [`- **failed**: ${oneLine(smoke.failure)}`]),
  ]
}

const states = { answered: 'answered', partly: 'partly', open: 'not answered' } as const

function unknownLines(unknowns: readonly UnknownAnswer[]): string[] {
  return table(
    ['#', 'Unknown', 'State', 'What was read', 'How to find out'],
    unknowns.map(({ number, about, state, found, findOut }) => [
      String(number),
      withoutLinks(about),
      states[state],
      found,
      withoutLinks(findOut ?? ''),
    ]),
  )
}

function resourceLines({ resources: { found, notRead } }: Evidence): string[] {
  if (notRead !== null) return [`Not read: ${notRead}.`]
  return table(
    ['Type', 'Name', 'Region'],
    found.map(({ type, name, location }) => [type, name, location]),
  )
}

function deploymentLines({ deployments: { found, notRead } }: Evidence): string[] {
  if (notRead !== null) return [`Not read: ${notRead}.`]
  return table(
    ['Name', 'State', 'Ended', 'Duration', 'Errors'],
    found.map((one) => [one.name, one.state, one.endedAt, one.duration, one.errorCodes.join(', ')]),
  )
}

const pairTable = (pairs: Readonly<Record<string, string>>): string[] =>
  table(
    ['Name', 'Value'],
    Object.entries(pairs).map(([name, value]) => [name, value]),
  )

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ['None.']
  return [
    `| ${head.join(' | ')} |`,
    `|${'---|'.repeat(head.length)}`,
    ...rows.map((cells) => `| ${cells.map((cell) => oneLine(cell).replaceAll('|', '\\|')).join(' | ')} |`),
  ]
}

/** The list of unknowns links from docs/azure; a report lies elsewhere. */
const withoutLinks = (text: string): string => text.replaceAll(/\[[^\]]+\]\(([^)]+)\)/gu, 'docs/azure/$1')

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/gu, ' ')
