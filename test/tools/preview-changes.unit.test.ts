import { describe, expect, it } from 'vitest'
import { readPreview } from '../../tools/preview-changes.ts'

const OUTPUT = `
Previewing Azure resource changes (azd provision --preview)

Resources:

  \u001B[90mSkip   :\u001B[0m Resource group  : rg-trial
  \u001B[33mModify :\u001B[0m Storage account : sthost123
  \u001B[90mCreate :\u001B[0m Microsoft.DBforPostgreSQL/flexibleServers : psql-123-near
  \u001B[31mDelete :\u001B[0m Key vault       : kv-123
`

describe('the preview of a second run', () => {
  it('is read line by line', () => {
    expect(readPreview(OUTPUT)).toEqual({
      total: 4,
      created: ['Microsoft.DBforPostgreSQL/flexibleServers : psql-123-near'],
      deleted: ['Key vault : kv-123'],
      modified: ['Storage account : sthost123'],
    })
  })

  it('is told from other texts, which have no resources', () => {
    expect(readPreview('ERROR: Deployment failed\nCreate a new environment: azd env new').total).toBe(0)
  })
})
