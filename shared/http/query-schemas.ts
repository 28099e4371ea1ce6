import { z } from 'zod'

/** 15 digits are enough for every limit, and a double holds them exactly. */
const WHOLE_NUMBER = /^(0|[1-9]\d{0,14})$/

const INT32_MAX = 2_147_483_647

/**
 * A whole number in a query or a path: plain digits only. `z.coerce.number()` would take '', ' 5', '0x10' and '1e3' too.
 * The output is a number; the reference shows it as an integer with its range.
 */
export function wholeNumber(range: { readonly min: number; readonly max: number }) {
  const message = `must be a whole number from ${range.min} to ${range.max}`
  return z
    .string()
    .regex(WHOLE_NUMBER, { error: message, abort: true })
    .transform(Number)
    .pipe(z.number().min(range.min, message).max(range.max, message))
    .meta({
      override: ({ jsonSchema }) => {
        delete jsonSchema.pattern
        Object.assign(jsonSchema, { type: 'integer', minimum: range.min, maximum: range.max })
        // Without it a generated client takes an integer of 32 bits.
        if (range.max > INT32_MAX) jsonSchema.format = 'int64'
      },
    })
}

/**
 * The member `next` of a page. One rule holds for every page, so that a client needs one loop for all of them: it goes
 * on while `next` is neither null nor what it sent.
 */
export const nextPageSchema = <S extends z.ZodType>(cursor: S): S =>
  cursor.describe('Where the next page begins. At the end it is null, or the same as the request sent.')
