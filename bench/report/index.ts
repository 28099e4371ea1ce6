/** The report of a run: facts of the machine, a table for people, JSON for programs. It must not measure figures. */
export { loadAverages, machineFacts, type MachineFacts } from './machine.ts'
export type { CommonOptions, PartResult } from './part-result.ts'
export { renderFacts, writeResult, type BenchResult } from './result.ts'
export { renderCounts, renderTable, verdictText } from './table.ts'
