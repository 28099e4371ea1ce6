import { expect, test } from 'vitest'
import { splitScript } from '../../../local/analytics/commands/index.ts'

test('a script is split at each dot that begins a line, outside of fences; comments fall away', () => {
  const script = [
    '// about this',
    '.create table A (x:string)',
    '',
    '   // inside',
    '.create table A ingestion json mapping "M"',
    '```',
    '.not a command',
    '// not a comment',
    '```',
    '.show tables',
    '| count',
  ].join('\r\n')
  expect(splitScript(script)).toEqual([
    { line: 2, text: '.create table A (x:string)' },
    {
      line: 5,
      text: '.create table A ingestion json mapping "M"\n```\n.not a command\n// not a comment\n```',
    },
    { line: 10, text: '.show tables\n| count' },
  ])
})

test('a script without commands has none', () => {
  expect(splitScript('// nothing\n\n')).toEqual([])
})
