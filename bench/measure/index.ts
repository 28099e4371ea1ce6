/**
 * How something is measured: closed-loop load, arms in turns, ratios inside a turn and medians over the turns. Numbers
 * of different runs or machines must never be compared. The code here must not know what is measured.
 */
export { alternate, type Arm } from './alternate.ts'
export { countOf, type Count } from './count.ts'
export { cpuMicrosOf, parseStat, preciseCpuMicrosOf, type Watched } from './cpu.ts'
export {
  figureOf,
  meets,
  type CpuPair,
  type Figure,
  type FigureFacts,
  type Sample,
  type Target,
} from './figure.ts'
export { cpuForEach, readCpu, runLoad, timeCalls, type LoadOptions } from './load.ts'
export { median, pairRounds, percentileOf, spreadOf, type Round, type Spread } from './statistics.ts'
