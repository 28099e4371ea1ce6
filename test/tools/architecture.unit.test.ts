import { describe, expect, it } from 'vitest'
import { checkArchitecture, violationsOf } from '../../tools/architecture.ts'

describe('the arrows of the house', () => {
  it('hold in the whole repository', async () => {
    expect(await checkArchitecture()).toEqual([])
  })

  it.each([
    [
      'shared/http/kernel.ts',
      "import { a } from '../../functions/platform.ts'",
      'shared/ imports shared/ only',
    ],
    [
      'shared/http/kernel.ts',
      "import type { a } from '../../local/run/index.ts'",
      'shared/ imports shared/ only',
    ],
    [
      'functions/events/append.ts',
      "import { a } from '../tenants/index.ts'",
      'a context never imports another context',
    ],
    [
      'functions/events/append.ts',
      "await import('../../cli/client.ts')",
      'functions/ imports functions/ and shared/ only',
    ],
    [
      'functions/events/append.ts',
      "import { a } from '../../shared/http/kernel.ts'",
      'a capability is entered by its index.ts',
    ],
    [
      'shared/adx/forwarder.ts',
      "export { a } from '../postgres/pool.ts'",
      'a capability is entered by its index.ts',
    ],
    ['cli/client.ts', "import '../test/support/urls.ts'", 'nothing imports test/'],
    [
      'packages/functions-host/host.ts',
      "import { a } from '../../shared/errors/index.ts'",
      'packages/ imports packages/ only',
    ],
    [
      'packages/functions-host/host.ts',
      "import { a } from '../../local/ports/index.ts'",
      'packages/ imports packages/ only',
    ],
    [
      'packages/functions-host/host.ts',
      "import { a } from '../tcp-proxy/connection.ts'",
      'a package is entered by its index.ts',
    ],
    [
      'local/functions-host/run.ts',
      "import { a } from '../../packages/functions-host/host.ts'",
      'a package is entered by its index.ts',
    ],
    [
      'functions/events/append.ts',
      "import { a } from '../../packages/tcp-proxy/index.ts'",
      'functions/ imports functions/ and shared/ only',
    ],
    ['database/index.ts', "import '../cli/client.ts'", 'database/ imports functions/ and shared/ only'],
    [
      'local/run/index.ts',
      "import { a } from '../../shared/event-store/testing/index.ts'",
      'testing/ is for tests only',
    ],
    [
      'infra/hooks/database/roles.ts',
      "import { a } from '../../../cli/frame/index.ts'",
      'infra/hooks imports shared/, database/ and packages/ only',
    ],
    [
      'infra/hooks/database/roles.ts',
      "import { a } from '../../../database/server.ts'",
      'infra/hooks imports shared/, database/ and packages/ only',
    ],
    [
      'infra/hooks/index.ts',
      "import { a } from '../../functions/platform.ts'",
      'infra/hooks imports shared/, database/ and packages/ only',
    ],
    [
      'infra/hooks/index.ts',
      "import '../../test/support/urls.ts'",
      'infra/hooks imports shared/, database/ and packages/ only',
    ],
    [
      'infra/hooks/index.ts',
      "import { a } from '../../shared/errors/catalogue.ts'",
      'a capability is entered by its index.ts',
    ],
    [
      'shared/postgres/pool.ts',
      "import { a } from '../../infra/hooks/index.ts'",
      'infra/hooks is imported by its tests only',
    ],
    [
      'functions/events/append.ts',
      "await import('../../infra/hooks/index.ts')",
      'infra/hooks is imported by its tests only',
    ],
    [
      'cli/main.ts',
      "import { a } from '../infra/hooks/index.ts'",
      'infra/hooks is imported by its tests only',
    ],
  ])('refuse %s: %s', (file, text, rule) => {
    expect(violationsOf(file, text).map((violation) => violation.rule)).toEqual([rule])
  })

  it('let pass what goes their way', () => {
    const text =
      "import { a } from '../platform.ts'\nimport { b } from '../../shared/http/index.ts'\nawait import('../../shared/adx/kusto.chunk.ts')"
    expect(violationsOf('functions/events/append.ts', text)).toEqual([])
    const hook =
      "import '../../../packages/mendable-failure/index.ts'\nimport { a } from '../../../database/index.ts'\nimport { b } from '../../../shared/errors/index.ts'\nimport { c } from '../frame/index.ts'"
    expect(violationsOf('infra/hooks/database/roles.ts', hook)).toEqual([])
    const part = "import { a } from './time-span.ts'\nimport { b } from '../tcp-proxy/index.ts'"
    expect(violationsOf('packages/functions-host/host.ts', part)).toEqual([])
    expect(
      violationsOf('test/infra/hooks/roles.int.test.ts', "import { a } from '../../../infra/hooks/index.ts'"),
    ).toEqual([])
  })
})
