import { z } from 'zod'
import type { SettingsOf } from '../../shared/context/index.ts'

export const noteSettings = {
  TRICKLE_NOTES_BODY_CHARACTERS_MAX: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'must be a whole number from 1 to 99999')
    .default('20000')
    .transform(Number)
    .meta({ description: 'The longest body of a note, in characters.' }),
}

export type NoteSettings = SettingsOf<typeof noteSettings>
