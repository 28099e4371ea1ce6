import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const textOf = (path: string): string => readFileSync(join(repository, path), 'utf8')

const workflows = readdirSync(join(repository, '.github', 'workflows')).map((file): [string, string] => [
  file,
  textOf(`.github/workflows/${file}`),
])

/** Actions whose commit is not known for certain, so that they are named by a tag, which their owner can move. */
const actionsOnTag: readonly string[] = []

/** What follows `uses:`, comment included. */
const usesOf = (text: string): string[] => [...text.matchAll(/\buses: *(.+)$/gm)].map(([, uses = '']) => uses)

/** A commit, and the release that it was when somebody looked. */
const PINNED = /^([\w-]+\/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$/

/** The text of each `run`, one for each step. */
const commandsOf = (text: string): string[] => text.split(/^ {6}- /m).slice(1)

describe.each(workflows)('%s takes only what cannot be exchanged afterwards', (_, text) => {
  it('actions by their commit, with the release beside it', () => {
    const uses = usesOf(text)
    expect(uses.length).toBeGreaterThan(0)
    expect(uses.filter((one) => !PINNED.test(one))).toEqual(actionsOnTag.filter((one) => uses.includes(one)))
  })

  it('images by their digest, and nothing by the name "latest"', () => {
    const images = [...text.matchAll(/\b(?:[\w-]+\.)+[a-z]+\/[\w./-]+[:@][\w:.@-]+/g)]
      .map(([image]) => image)
      .filter((image) => image.startsWith('mcr.'))
    expect(images.filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image))).toEqual([])
    // Runners are GitHub's own, not a download.
    expect(text.replaceAll(/runs-on: .*|os: \[.*/g, '')).not.toContain('latest')
  })

  it('files by their checksum, before they are used', () => {
    for (const step of commandsOf(text)) {
      const downloads = [...step.matchAll(/\b(?:curl|wget)\b.*https:\/\/|\bnpm pack\b/g)].length
      const checks = [...step.matchAll(/\| sha256sum --check$/gm)].length
      expect([step, checks]).toEqual([step, downloads])
    }
    // A package that is named would come without a checksum; npm ci has those of the lock file.
    expect(text).not.toMatch(/\bnpm (?:install|i|exec)\b(?! --global --unsafe-perm true "\$RUNNER_TEMP\/)/)
  })

  it('one version of azd', () => {
    const versions = [...text.matchAll(/setup-azd@.*\n +with: \{ version: (.+) \}/g)].map(
      ([, version]) => version,
    )
    expect(versions).toHaveLength([...text.matchAll(/setup-azd@/g)].length)
    expect(versions.filter((version) => version !== '1.31.2')).toEqual([])
  })
})

it('the workflows take each action in one version', () => {
  const versions = new Map<string, Set<string>>()
  for (const [, text] of workflows) {
    for (const uses of usesOf(text)) {
      const [, action = uses, commit = '', release = ''] = PINNED.exec(uses) ?? []
      versions.set(action, (versions.get(action) ?? new Set()).add(`${commit} ${release}`))
    }
  }
  expect([...versions.keys()].toSorted()).toEqual([
    'Azure/setup-azd',
    'actions/checkout',
    'actions/setup-dotnet',
    'actions/setup-node',
    'azure/login',
  ])
  expect([...versions].filter(([, found]) => found.size > 1)).toEqual([])
})

it('.ci/run compares each Bicep CLI with its checksum', () => {
  const [, list = ''] = /Version="([^"]+)"/.exec(textOf('tools/bicep-cli/bicep-cli.csproj')) ?? []
  const versions = [...list.matchAll(/\[([\d.]+)\]/g)].map(([, version]) => version)
  const lines = textOf('tools/bicep-cli/checksums.txt').trimEnd().split('\n')
  expect(versions.length).toBeGreaterThan(1)
  expect(
    lines.map(
      (line) =>
        /^[0-9a-f]{64} {2}azure\.bicep\.commandline\.linux-x64\/([\d.]+)\/tools\/bicep$/.exec(line)?.[1],
    ),
  ).toEqual(versions)
  expect(textOf('.ci/run')).toContain('sha256sum --check --quiet "$checksums"')
})
