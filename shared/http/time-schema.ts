import { z } from 'zod'
import { readTime } from '../time/index.ts'

/** A time in a body or a query. It reaches the handler as it came; the code that stores it brings it to UTC. */
export const timeSchema = z
  .string()
  .superRefine((text, context) => {
    const { refusal } = readTime(text)
    if (refusal !== undefined) context.addIssue({ code: 'custom', message: refusal })
  })
  .meta({ format: 'date-time', example: '2026-11-21T14:30:00Z' })
