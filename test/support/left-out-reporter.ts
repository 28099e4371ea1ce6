import type { Reporter, TestModule } from 'vitest/node'

/**
 * Says in one line a reason which tests were left out, and what would bring them, when all are through: a reader of the
 * last lines must not take "skipped" for nothing.
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
      // A whole suite is left out without a word of its own; the test that stands for it has the reason.
      const known =
        reasons.find((reason) => reason !== undefined) ?? `no reason given in ${module.relativeModuleId}`
      for (const reason of reasons) counts.set(reason ?? known, (counts.get(reason ?? known) ?? 0) + 1)
    }
    for (const [reason, count] of counts)
      process.stdout.write(`Left out: ${count} ${count === 1 ? 'test' : 'tests'}, since ${reason}.\n`)
  }
}
