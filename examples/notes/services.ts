import type { MadeBy } from '../../shared/context/index.ts'
import type { Platform } from '../../functions/platform.ts'
import { NoteRepository } from './note-repository.ts'
import type { NoteSettings } from './settings.ts'

export const noteServices = (platform: Platform, settings: NoteSettings) => ({
  notes: () =>
    new NoteRepository({
      database: platform.databases.app,
      writes: platform.writes,
      bodyMax: settings.TRICKLE_NOTES_BODY_CHARACTERS_MAX,
    }),
  /** For commands: the background app has the login of the worker. */
  workerNotes: () =>
    new NoteRepository({
      database: platform.databases.worker,
      writes: platform.workerWrites,
      bodyMax: settings.TRICKLE_NOTES_BODY_CHARACTERS_MAX,
    }),
})

export type NoteServices = MadeBy<ReturnType<typeof noteServices>>
