import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
// Not in package.json: it comes with applicationinsights, and serves this test and the one of azure.yaml only.
import { parse } from 'yaml'
import { z } from 'zod'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(repository, '.github', 'workflows')

const stepSchema = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.unknown()).optional(),
})

const permissionsSchema = z.record(z.string(), z.enum(['read', 'write']))

const jobSchema = z.strictObject({
  name: z.string().optional(),
  needs: z.string().optional(),
  if: z.string().optional(),
  'runs-on': z.string(),
  'timeout-minutes': z.int().optional(),
  environment: z.string().optional(),
  permissions: permissionsSchema.optional(),
  outputs: z.record(z.string(), z.string()).optional(),
  strategy: z.unknown().optional(),
  env: z.record(z.string(), z.unknown()).optional(),
  steps: z.array(stepSchema).min(1),
})

const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: permissionsSchema,
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.boolean() }),
  env: z.record(z.string(), z.string()).optional(),
  jobs: z.record(z.string(), jobSchema),
})

type Workflow = z.output<typeof workflowSchema>

const workflows: [string, Workflow][] = readdirSync(folder).map((file) => [
  file,
  workflowSchema.parse(parse(readFileSync(join(folder, file), 'utf8'))),
])

const { scripts, bin, devDependencies } = z
  .object({
    scripts: z.record(z.string(), z.string()),
    bin: z.record(z.string(), z.string()),
    devDependencies: z.object({ node: z.string() }),
  })
  .parse(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')))

const commandsOf = ({ jobs }: Workflow): string[] =>
  Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => (run === undefined ? [] : [run])))

/** Words of a command that name a file of the repository. */
const FILE = /(?<![\w$/"'-])((?:\.?[\w-]+\/)*[\w.-]+\.(?:ts|mjs)|\.ci\/run)(?![\w/])/g

const named = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name)

it('the workflows are those that the documents speak of', () => {
  expect(workflows.map(([file]) => file).toSorted()).toEqual(['azure-dev.yml', 'ci.yml', 'nightly.yml'])
})

describe.each(workflows)('%s', (_, workflow) => {
  const commands = commandsOf(workflow).join('\n')

  it('names scripts of package.json that there are', () => {
    const used = [
      ...named(commands, /\bnpm run (?:--silent )?([\w:-]+)/g),
      ...named(commands, /\bnpm (start|test)\b/g),
    ]
    expect(used.filter((name) => !(name in scripts))).toEqual([])
  })

  it('names files that there are', () => {
    const files = named(commands, FILE)
    expect(files.filter((file) => !existsSync(join(repository, file)))).toEqual([])
    // The hooks and tools it runs are found by this pattern at all.
    expect(files.length).toBeGreaterThan(0)
  })

  it('runs programs of packages that are installed', () => {
    const programs = named(commands, /\bnpx --no (?:-- )?(\w[\w-]*)/g)
    const isThere = (name: string): boolean =>
      name in bin || existsSync(join(repository, 'node_modules', '.bin', name))
    expect(programs.filter((name) => !isThere(name))).toEqual([])
    // Without --no a misspelt name would be downloaded and run. Our own command is always found in the project.
    expect(commands).not.toMatch(/\bnpx (?!--no |trickle )/)
  })

  it('has jobs that wait for jobs there are, and read outputs those have', () => {
    for (const { needs, if: condition = '' } of Object.values(workflow.jobs)) {
      const before = needs === undefined ? undefined : workflow.jobs[needs]
      expect([needs, before === undefined]).toEqual([needs, needs === undefined])
      const outputs = named(condition, /needs\.configured\.outputs\.([\w-]+)/g)
      expect(outputs.filter((name) => before?.outputs?.[name] === undefined)).toEqual([])
    }
  })

  it('ends each job that works for long', () => {
    const jobs = Object.entries(workflow.jobs)
    const long = jobs.filter(([, { steps }]) => steps.some(({ uses }) => uses !== undefined))
    expect(long.length).toBeGreaterThan(0)
    expect(long.filter(([, job]) => job['timeout-minutes'] === undefined).map(([name]) => name)).toEqual([])
  })

  it('runs on the Node that everything is built and tested with', () => {
    const versions = Object.values(workflow.jobs).flatMap(({ steps }) =>
      steps.flatMap(({ uses = '', with: given }) =>
        uses.startsWith('actions/setup-node@') ? [given?.['node-version']] : [],
      ),
    )
    expect(versions.length).toBeGreaterThan(0)
    expect(new Set(versions)).toEqual(new Set([Number(devDependencies.node.split('.')[0])]))
  })

  it('keeps no secret, and takes what others wrote as values, never as commands', () => {
    expect(JSON.stringify(workflow)).not.toContain('secrets.')
    // Titles, branches and variables inside a command would be run by the shell.
    expect(commands).not.toMatch(/\$\{\{\s*(?:github\.event|github\.head_ref|vars|inputs)\b/)
  })
})

const workflow = (file: string): Workflow => {
  const found = workflows.find(([name]) => name === file)?.[1]
  if (found === undefined) throw new Error(`there is no ${file}`)
  return found
}

describe('the pipeline on Azure', () => {
  it.each(['azure-dev.yml', 'nightly.yml'])(
    '%s is skipped with a notice where its variables are not set',
    (file) => {
      const { jobs } = workflow(file)
      const look = jobs['configured']?.steps[0]
      expect(look?.run).toContain('::notice')
      // It looks at exactly the variables it was given.
      const looked = named(look?.run ?? '', /for name in ([^;]+);/g)[0]?.split(' ')
      expect(Object.keys(look?.env ?? {})).toEqual(looked)
      const others = Object.entries(jobs).filter(([name]) => name !== 'configured')
      expect(others.filter(([, job]) => job.if?.includes("is-configured == 'true'") !== true)).toEqual([])
      expect(others.length).toBeGreaterThan(0)
    },
  )

  it('takes down only what it has made itself', () => {
    const { env = {}, steps } = workflow('nightly.yml').jobs['up-and-down'] ?? { steps: [] }
    // A name with the run's number: never an environment that somebody uses.
    expect(env['AZURE_ENV_NAME']).toBe('trickle-nightly-${{ github.run_id }}')
    expect(steps.at(-1)).toMatchObject({
      if: 'always()',
      run: expect.stringContaining('azd down --force --purge'),
    })
    expect(commandsOf(workflow('azure-dev.yml')).join('\n')).not.toContain('azd down')
  })

  it('lets no preview take the place of a deployment that waits', () => {
    const { group, 'cancel-in-progress': cancels } = workflow('azure-dev.yml').concurrency
    expect(group).toContain("github.event_name == 'pull_request' && github.ref ||")
    expect(cancels).toBe(false)
  })

  it('gives tokens only to jobs that log in, and lets a pull request log in as another identity', () => {
    for (const file of ['azure-dev.yml', 'nightly.yml']) {
      const { permissions, jobs } = workflow(file)
      expect(permissions).toEqual({ contents: 'read' })
      const logIn = Object.entries(jobs).filter(([, { steps }]) =>
        steps.some(
          ({ run = '', uses = '' }) => run.includes('azd auth login') || uses.startsWith('azure/login'),
        ),
      )
      const mayHaveTokens = Object.entries(jobs).filter(
        ([, job]) => job.permissions?.['id-token'] === 'write',
      )
      expect(mayHaveTokens.map(([name]) => name)).toEqual(logIn.map(([name]) => name))
    }
    const { preview, deploy } = workflow('azure-dev.yml').jobs
    const loginOf = (job: typeof preview): string | undefined =>
      job?.steps.map(({ run = '' }) => run).find((run) => run.startsWith('azd auth login'))
    expect(loginOf(preview)).toContain('"$AZURE_PREVIEW_CLIENT_ID"')
    expect(preview?.if).toContain("vars.AZURE_PREVIEW_CLIENT_ID != ''")
    expect(loginOf(deploy)).toContain('"$AZURE_CLIENT_ID"')
    expect([preview?.environment, deploy?.environment]).toEqual([undefined, 'production'])
  })

  it('changes nothing for a pull request', () => {
    const { preview, deploy } = workflow('azure-dev.yml').jobs
    expect(preview?.if).toContain("github.event_name == 'pull_request'")
    expect(deploy?.if).toContain("github.event_name != 'pull_request'")
    const commands = (preview?.steps ?? []).map(({ run = '' }) => run).join('\n')
    expect(commands).toContain('azd provision --preview')
    expect(commands).not.toMatch(/azd (?:up|deploy|provision(?! --preview))/)
  })

  it('tries what it has deployed, both apps', () => {
    for (const file of ['azure-dev.yml', 'nightly.yml']) {
      const commands = commandsOf(workflow(file)).join('\n')
      expect(commands).toContain('public=$(azd env get-value SERVICE_API_URI)')
      expect(commands).toContain('background=$(azd env get-value SERVICE_BACKGROUND_URI)')
      expect(commands).toContain(
        'tools/smoke/main.ts --url "${{ steps.addresses.outputs.public }}" --operator-url "${{ steps.addresses.outputs.background }}"',
      )
    }
  })
})

describe('ci.yml', () => {
  it('runs the checks of .ci/run with the real Bicep CLI on the path', () => {
    const { steps } = workflow('ci.yml').jobs['ci'] ?? { steps: [] }
    const runs = steps.map(({ run = '' }) => run)
    expect(runs.findIndex((run) => run.includes('bicep-linux-x64'))).toBeLessThan(
      runs.indexOf('bash .ci/run'),
    )
    expect(readFileSync(join(repository, '.ci', 'run'), 'utf8')).toContain('npm run --silent check:bicep')
  })
})
