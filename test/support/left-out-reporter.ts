import type { Reporter, TestModule } from 'vitest/node'

/**
 * Prints at the end of the run how many tests were skipped for which reason, one line for each reason. Otherwise a
 * reader of the last lines could overlook "skipped".
 */
export default class LeftOutReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>()
    for (const module of modules) {
      const skipped = [...module.children.allTests('skipped')]
      const reasons = skipped.map((test) => {
        const result = test.result()
        return result.state === 'skipped' ? result.note : undefined
      })
      // When a whole suite is skipped, its tests have no reason. Another skipped test of the file has the reason for
      // all.
      const known =
        reasons.find((reason) => reason !== undefined) ?? `no reason given in ${module.relativeModuleId}`
      for (const reason of reasons) counts.set(reason ?? known, (counts.get(reason ?? known) ?? 0) + 1)
    }
    for (const [reason, count] of counts)
      process.stdout.write(`Left out: ${count} ${count === 1 ? 'test' : 'tests'}, since ${reason}.\n`)
  }
}
