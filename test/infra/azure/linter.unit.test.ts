import { expect, it } from 'vitest'
import { z } from 'zod'
import { jsonOfFile } from './support.ts'

const { analyzers } = z
  .object({
    analyzers: z.object({
      core: z.object({
        enabled: z.literal(true),
        rules: z.record(z.string(), z.object({ level: z.string() })),
      }),
    }),
  })
  .parse(jsonOfFile('infra/bicepconfig.json'))
const { rules } = analyzers.core

it('no rule of the linter ends a user’s `azd up`: they warn, and the pipeline fails by a warning', () => {
  expect(Object.entries(rules).filter(([, { level }]) => level === 'error')).toEqual([])
  expect(Object.values(rules).filter(({ level }) => level === 'warning').length).toBeGreaterThan(30)
})

it('a rule that begins to object on some day only informs', () => {
  // It counts days, so a pipeline that failed by it would fail without a change.
  expect(rules['use-recent-api-versions']).toEqual({ level: 'info' })
})

it.each(['what-if-short-circuiting', 'use-user-defined-types', 'use-secure-value-for-secure-inputs'])(
  '%s, which the compiler leaves off or which stopped a deployment, is on',
  (rule) => {
    expect(rules[rule]).toEqual({ level: 'warning' })
  },
)
