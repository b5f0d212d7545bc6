import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
// @ts-expect-error a script without types
import { binFiles, binNames, oclifManifest } from '../../scripts/generate.mjs'
import { CATALOG } from '../../src/cli/catalog.ts'
import { COMMANDS } from '../../src/commands/index.ts'
import { ROOT } from '../support/broker-process.ts'

const HINT = 'run: npm run generate'

test('bin/ holds a script for every tool of the catalog, and nothing else', () => {
  const files = binFiles() as Map<string, string>
  for (const [path, content] of files) {
    expect(readFileSync(join(ROOT, path), 'utf8'), `${path}: ${HINT}`).toBe(content)
    if (!path.endsWith('.bat')) expect(statSync(join(ROOT, path)).mode & 0o111, `${path}: ${HINT}`).toBe(0o111)
  }
  const scripts = readdirSync(join(ROOT, 'bin'), { recursive: true }).filter((name) => /\.(sh|bat)$/.test(String(name)))
  expect(scripts.map((name) => join('bin', String(name))).filter((path) => !files.has(path))).toEqual([])
})

test('npm installs kafka and every tool with and without .sh', () => {
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect(bin, HINT).toEqual(binNames())
  expect(bin.kafka).toBe('bin/run.js')
  expect(bin['kafka-topics']).toBe(bin['kafka-topics.sh'])
})

test('oclif.manifest.json is what the commands declare', async () => {
  // A process of its own: in this one oclif would load the sources through the test runner.
  const script = `import { oclifManifest } from './scripts/generate.mjs'; process.stdout.write(await oclifManifest())`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT, encoding: 'utf8' })
  expect(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8'), HINT).toBe(stdout)
  expect(oclifManifest).toBeTypeOf('function')
})

test('every served tool has a command that kafka --help lists', () => {
  const ids = CATALOG.filter(({ module, name }) => module && name.startsWith('kafka-')).flatMap(
    ({ words, subcommands }) => subcommands?.map((subcommand) => `${words[0]}:${subcommand}`) ?? [words[0]!],
  )
  expect(Object.keys(COMMANDS).sort()).toEqual(ids.sort())
})

test('docs/compatibility.md names every tool that is not there yet', () => {
  const text = readFileSync(join(ROOT, 'docs/compatibility.md'), 'utf8')
  const missing = CATALOG.filter(({ module }) => !module).map(({ name }) => name)
  expect(missing.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  const served = CATALOG.filter(({ module }) => module && existsSync(join(ROOT, 'src', module)))
  expect(served.length + missing.length).toBe(CATALOG.length)
})
