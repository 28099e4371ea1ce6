import { join } from 'node:path'
import { z } from 'zod'
import { readJson } from './files.ts'
import { projectFolder } from './project.ts'

const localSettingsSchema = z.looseObject({ Host: z.looseObject({ CORS: z.string().optional() }).optional() })

/** The origins whose pages may call the API: `Host.CORS` of local.settings.json, as Core Tools read it. */
export function corsOrigins(): string | undefined {
  return readJson(join(projectFolder, 'local.settings.json'), localSettingsSchema)?.Host?.CORS
}
