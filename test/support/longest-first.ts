import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** Files that start whole products take longest. If one began last, the run would wait for that file alone. */
const KINDS = ['.e2e.', '.fault.', '.int.', '.unit.']

/** Orders the files by their kind, since in a fresh clone their durations are not known yet. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((left, right) => rankOf(left) - rankOf(right))
  }
}

const rankOf = ({ moduleId }: TestSpecification): number => KINDS.findIndex((kind) => moduleId.includes(kind))
