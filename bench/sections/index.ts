/**
 * The comparisons. A section starts everything that it needs, compares, and returns figures. It never prints. The names
 * of the sections are those of the command line.
 */
import { appendSection } from './append.ts'
import { domainWriteSection } from './domain-write.ts'
import { firstAppendSection } from './first-append.ts'
import { forwardLatencySection } from './forward-latency.ts'
import { forwardSection } from './forward.ts'
import { httpSection } from './http.ts'
import { readSection } from './read.ts'
import type { SectionContext, SectionResult } from './section.ts'
import { startSection } from './start.ts'

export const SECTION_NAMES = [
  'append',
  'first-append',
  'domain-write',
  'read',
  'http',
  'start',
  'forward',
  'forward-latency',
] as const
export type SectionName = (typeof SECTION_NAMES)[number]

export const sections: Readonly<Record<SectionName, (context: SectionContext) => Promise<SectionResult>>> = {
  append: appendSection,
  'first-append': firstAppendSection,
  'domain-write': domainWriteSection,
  read: readSection,
  http: httpSection,
  start: startSection,
  forward: forwardSection,
  'forward-latency': forwardLatencySection,
}

export { targets, type BenchOptions, type SectionContext, type SectionResult } from './section.ts'
