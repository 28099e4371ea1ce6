/** What a run says: facts of the machine, the table for people, the JSON for programs. It must not measure figures. */
export { loadAverages, machineFacts, type MachineFacts } from './machine.ts'
export type { CommonOptions, PartResult } from './part-result.ts'
export { renderFacts, writeResult, type BenchResult } from './result.ts'
export { renderCounts, renderTable, verdictText } from './table.ts'
