import { describe, expect, test } from 'vitest'
import {
  matchRoute,
  parseRouteTemplate,
  toPathSegments,
} from '../../../packages/functions-host/route-template.ts'

function match(template: string, path: string): Record<string, string> | undefined {
  return matchRoute(parseRouteTemplate(template), toPathSegments(path))
}

describe('literals and parameters', () => {
  test.each<[template: string, path: string, values: Record<string, string> | undefined]>([
    ['api/items', '/api/items', {}],
    ['api/items', '/API/Items', {}],
    ['api/items', '/api/items/', {}],
    ['api/items', '/api//items', undefined],
    ['api/items', '/api/items/1', undefined],
    ['api/items', '/api', undefined],
    ['/api/items', '/api/items', {}],
    ['items/{id}', '/items/A1', { id: 'A1' }],
    ['items/{id}', '/items/', undefined],
    ['items/{id}', '/items', undefined],
    ['{tenant}/items/{id}', '/t/items/7', { tenant: 't', id: '7' }],
    ['opt/{x?}', '/opt', {}],
    ['opt/{x?}', '/opt/zz', { x: 'zz' }],
    ['opt/{x=5}', '/opt', { x: '5' }],
    ['opt/{x=5}', '/opt/9', { x: '9' }],
    ['{{literal}}', '/{literal}', {}],
  ])('%s on %s', (template, path, values) => {
    expect(match(template, path)).toEqual(values)
  })
})

describe('catch-all parameters', () => {
  test.each<[template: string, path: string, values: Record<string, string> | undefined]>([
    ['{tenant}/streams/{*path}', '/t1/streams/a/b c/d', { tenant: 't1', path: 'a/b c/d' }],
    ['files/{*path}', '/files/a//b/', { path: 'a//b/' }],
    ['files/{**path}', '/files/a/b', { path: 'a/b' }],
    ['files/{*path}', '/files', {}],
    ['files/{*path}', '/files//a', undefined],
    ['{*path}', '/', {}],
    ['files/{*path=index}', '/files', { path: 'index' }],
  ])('%s on %s', (template, path, values) => {
    expect(match(template, path)).toEqual(values)
  })
})

describe('mixed segments', () => {
  test.each<[template: string, path: string, values: Record<string, string> | undefined]>([
    ['{file}.{extension}', '/a.b.c', { file: 'a.b', extension: 'c' }],
    ['{file}.{extension}', '/a.', undefined],
    ['{file}.{extension?}', '/a', { file: 'a' }],
    ['{file}.{extension?}', '/a.txt', { file: 'a', extension: 'txt' }],
    ['{file}.{extension?}', '/a.', undefined],
    ['v{major:int}-{minor}', '/v1-2', { major: '1', minor: '2' }],
    ['v{major:int}-{minor}', '/vx-2', undefined],
    ['page-{n}', '/PAGE-3', { n: '3' }],
    ['page-{n}', '/page-', undefined],
  ])('%s on %s', (template, path, values) => {
    expect(match(template, path)).toEqual(values)
  })
})

describe('constraints', () => {
  test.each<[constraint: string, accepted: string[], refused: string[]]>([
    ['int', ['12', '-5', '+7', '2147483647'], ['2147483648', '1.5', 'x', '1e3']],
    ['long', ['9223372036854775807'], ['9223372036854775808', 'x']],
    [
      'guid',
      ['6F9619FF-8B86-D011-B42D-00C04FC964FF', '6f9619ff8b86d011b42d00c04fc964ff'],
      ['6f9619ff', 'zz9619ff-8b86-d011-b42d-00c04fc964ff'],
    ],
    ['alpha', ['abcXYZ'], ['abc1', 'é']],
    ['bool', ['true', 'FALSE'], ['1', 'yes']],
    ['min(10)', ['10', '11'], ['9', 'x']],
    ['max(10)', ['10', '-3'], ['11', 'x']],
    ['range(3,5)', ['3', '5'], ['2', '6', 'x']],
    ['minlength(2)', ['ab'], ['a']],
    ['maxlength(2)', ['ab'], ['abc']],
    ['length(2)', ['ab'], ['a', 'abc']],
    ['length(2,3)', ['ab', 'abc'], ['a', 'abcd']],
    ['regex(^\\d{{2}}-[a-z]+$)', ['12-ab', '12-AB'], ['1-ab', '12-']],
    ['regex(^a:b=c$)', ['a:b=c'], ['a']],
    ['decimal', ['1.5'], ['1.5e3', 'x']],
    ['double', ['1.5e3'], ['x']],
    ['int:min(10):max(20)', ['10', '20'], ['9', '21', 'x']],
  ])('{x:%s}', (constraint, accepted, refused) => {
    const template = parseRouteTemplate(`a/{x:${constraint}}`)
    const accepts = (value: string): boolean =>
      matchRoute(template, toPathSegments(`/a/${value}`)) !== undefined
    expect(accepted.filter((value) => !accepts(value))).toEqual([])
    expect(refused.filter(accepts)).toEqual([])
  })

  test('an optional parameter is only constrained when it is there', () => {
    expect(match('a/{x:int?}', '/a')).toEqual({})
    expect(match('a/{x:int?}', '/a/5')).toEqual({ x: '5' })
    expect(match('a/{x:int?}', '/a/b')).toBeUndefined()
  })

  test('a default value is constrained like any value', () => {
    expect(match('a/{x:int=5}', '/a')).toEqual({ x: '5' })
    expect(match('a/{x:int=five}', '/a')).toBeUndefined()
  })

  test('a constrained catch-all needs a value', () => {
    expect(match('a/{*x:minlength(3)}', '/a/bcd')).toEqual({ x: 'bcd' })
    expect(match('a/{*x:minlength(3)}', '/a')).toBeUndefined()
  })
})

describe('templates that are refused', () => {
  test.each<[template: string, message: string]>([
    ['a//b', 'consecutive slashes'],
    ['a/{x', 'unbalanced braces'],
    ['a/x}', 'closes a parameter'],
    ['a/{}', 'invalid'],
    ['a/{x?}y', 'must be last'],
    ['a/{x}{y}', 'need a literal between them'],
    ['a/{x}/{X}', 'more than once'],
    ['a/{*x}/b', 'catch-all'],
    ['a/{*x?}', "can't be optional"],
    ['a/b{*x}', 'catch-all'],
    ['a/{x=1?}', "can't have a default value"],
    ['a/b?c', 'question mark'],
    ['a/{x:unknown}', 'unknown'],
    ['a/{x:int(3)}', 'unknown'],
    ['a/{x:min(a)}', 'wrong arguments'],
    ['a/{x:range(1)}', 'wrong arguments'],
    ['a/{file}-{extension?}', 'after a period'],
  ])('%s', (template, message) => {
    expect(() => parseRouteTemplate(template)).toThrow(message)
  })
})
