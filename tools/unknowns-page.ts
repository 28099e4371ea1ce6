import { unknowns } from '../cli/azure/evidence/unknowns.ts'

/** docs/azure/unknowns.md. */
export function unknownsPage(): string {
  const rows = unknowns.map(
    ({ number, about, meanwhile, otherwise, findOut }) =>
      `| ${[String(number), about, meanwhile === '' ? '–' : meanwhile, otherwise, findOut].join(' | ')} |`,
  )
  return [
    '# What only a deployment can show',
    '',
    'Nothing here has been deployed by its authors. These are the facts that documentation, types and offline checks could not settle; each has a switch, or a way around it. After a deployment one command goes through them line by line:',
    '',
    '```sh',
    'npx trickle azure evidence --out evidence.md',
    '```',
    '',
    'It reads from Azure what it can, changes nothing, says *not answered* with the way to find out where it can not, and leaves secrets out. `--smoke` also tries an append ([deploy.md](deploy.md), step 7). When you learn one, please send the report, or change the list.',
    '',
    'This table is made from `cli/azure/evidence/unknowns.ts` by `npm run generate`.',
    '',
    '| # | Unknown | What the template does | If it is otherwise | How to find out |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    '## Failure modes',
    '',
    '- A switch above is turned while the environment stands: `azd provision --preview` shows what it will change. Replicas, virtual endpoints and access are changed in place; anything that says *delete* or *replace* for a server or a namespace is not what you want.',
    '- A deployment stops at one of these: everything made before it stays, and `azd provision` goes on from there. `azd down` removes it all.',
    '- The report says *Azure answered 403*: the account may not read there; Reader on the subscription is enough. *The azd environment has no …*: it is the environment of another folder, or nothing was deployed from it yet.',
    '',
  ].join('\n')
}
