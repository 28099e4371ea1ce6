import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** What starts whole products takes longest; a file of that kind that began last would be waited for alone. */
const KINDS = ['.e2e.', '.fault.', '.int.', '.unit.']

/** Orders the files of a fresh clone, of which nothing is known yet, by their kind. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((left, right) => rankOf(left) - rankOf(right))
  }
}

const rankOf = ({ moduleId }: TestSpecification): number => KINDS.findIndex((kind) => moduleId.includes(kind))
