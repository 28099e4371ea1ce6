import type { Count, CpuPair, Figure, Target } from '../measure/index.ts'

const COLUMNS = [
  'figure',
  'ratio',
  '(min..max)',
  'ours',
  'baseline',
  'unit',
  'CPU, ours / baseline',
  'target',
]

/** The figures as text. The ratio stands first, since only it holds on other machines, too. */
export function renderTable(figures: readonly Figure[]): string {
  const rows = figures.map(rowOf)
  const widths = COLUMNS.map((name, index) =>
    Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        isNumeric(index) ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(COLUMNS), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

/** The counts, one in each line. An empty text when there are none. */
export function renderCounts(counts: readonly Count[]): string {
  return counts
    .map(({ section, name, value, unit, target }) => {
      const verdict = target === null ? '' : `  ${verdictText(target, value)}`
      return `${section}: ${name}: ${`${countText(value)} ${unit}`.trim()}${verdict}`
    })
    .join('\n')
}

const countText = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(3))

const isNumeric = (column: number): boolean => column >= 1 && column <= 4

function rowOf(figure: Figure): string[] {
  const { ratio, candidateValue, baselineValue, cpu, target } = figure
  return [
    `${figure.section}: ${figure.name}`,
    ratioText(ratio.median),
    `(${ratioText(ratio.min)}..${ratioText(ratio.max)})`,
    valueText(candidateValue.median),
    valueText(baselineValue.median),
    figure.unit,
    Object.entries(cpu)
      .map(([name, pair]) => cpuText(name, pair))
      .join(', '),
    target === null ? '' : verdictText(target, ratio.median),
  ]
}

const ratioText = (ratio: number): string => ratio.toFixed(2)

/** Three digits: on a machine with other load further digits are only chance. */
function valueText(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

function cpuText(name: string, { candidateMicros, baselineMicros }: CpuPair): string {
  if (candidateMicros === null || baselineMicros === null) return `${name} ?`
  const micros = `${valueText(candidateMicros)}/${valueText(baselineMicros)} us`
  return baselineMicros === 0
    ? `${name} ${micros}`
    : `${name} x${ratioText(candidateMicros / baselineMicros)} (${micros})`
}

/** The target, and by how much a figure falls short of it. */
export function verdictText(target: Target & { readonly isMet: boolean }, ratio: number): string {
  const sign = target.comparison === 'at-least' ? '>=' : '<='
  const wanted = `${sign} ${ratioText(target.value)}`
  return target.isMet ? `${wanted} met` : `${wanted} MISSED by ${ratioText(Math.abs(ratio - target.value))}`
}
