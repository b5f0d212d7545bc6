import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '../src')

/** Layers, lowest first. A file may import from its own layer and from lower ones. */
const LAYERS: readonly (readonly [name: string, prefixes: readonly string[]])[] = [
  ['protocol', ['protocol/']],
  ['storage', ['storage/']],
  ['config', ['config/']],
  ['client', ['client/']],
  ['tools', ['tools/', 'cli/']],
  ['broker', ['broker/']],
  ['testing', ['testing/']],
  ['commands', ['commands/']],
]

/** What a layer must not import although it is lower. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  broker: ['tools', 'client'],
  client: ['storage'],
  config: ['storage'],
}

/** The only places that may start a broker. */
const BROKER_STARTERS = [/^commands\/server-start\.ts$/, /^tools\/server\//, /^testing\//]

function sources(directory = SRC): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? sources(path) : entry.name.endsWith('.ts') ? [path] : []
  })
}

function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(SRC, resolve(dirname(file), path!)),
  )
}

function layerOf(path: string): string | undefined {
  return LAYERS.find(([, prefixes]) => prefixes.some((prefix) => path.startsWith(prefix)))?.[0]
}

const rank = new Map(LAYERS.map(([name], index) => [name, index]))

test('imports point one way, from commands down to the protocol', () => {
  const violations = sources().flatMap((file) => {
    const from = relative(SRC, file)
    const layer = layerOf(from)
    return imports(file)
      .filter((to) => {
        const target = layerOf(to)
        if (!layer || !target || layer === target) return false
        if (target === 'broker' && BROKER_STARTERS.some((starter) => starter.test(from))) return false
        return rank.get(target)! > rank.get(layer)! || FORBIDDEN[layer]?.includes(target)
      })
      .map((to) => `${from} → ${to}`)
  })
  expect(violations).toEqual([])
})

test('only server-start and the in-process broker start a broker', () => {
  const starters = sources()
    .map((file) => [relative(SRC, file), imports(file)] as const)
    .filter(([from, to]) => !from.startsWith('broker/') && to.some((path) => path.startsWith('broker/')))
    .map(([from]) => from)
    .filter((from) => !BROKER_STARTERS.some((starter) => starter.test(from)))
  expect(starters).toEqual([])
})

test('the log knows nothing of partitions, groups, the controller or the network', () => {
  const violations = sources(join(SRC, 'broker/log')).flatMap((file) =>
    imports(file)
      .filter((to) => /^broker\/(?!log\/|clock\.ts|logger\.ts|metrics\.ts)/.test(to))
      .map((to) => `${relative(SRC, file)} → ${to}`),
  )
  expect(violations).toEqual([])
})
