import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ROOT } from '../support/broker-process.ts'

const VERSION_MAPPING = ['version-mapping', '--release-version', '3.9']

let root: string

/** A copy of what is installed: bin/ and dist/ without caches; packages are those of this project. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
  cpSync(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true })
  mkdirSync(join(root, 'dist'))
  for (const name of readdirSync(join(ROOT, 'dist')).filter((each) => each.endsWith('.cjs'))) {
    symlinkSync(join(ROOT, 'dist', name), join(root, 'dist', name))
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
})

afterEach(() => {
  chmodSync(join(root, 'dist'), 0o755)
  rmSync(root, { recursive: true, force: true })
})

function run(tool: string, args: readonly string[], cwd = root): SpawnSyncReturns<string> {
  const env = { ...process.env, XDG_CACHE_HOME: join(root, 'cache') }
  return spawnSync(process.execPath, [join(root, 'bin', tool), ...args], { cwd, env, encoding: 'utf8' })
}

const cacheFile = () => join(root, 'dist/code-cache/kafka-storage.bin')

test('the first run leaves a code cache that the second one uses', () => {
  const first = run('kafka-storage.sh', VERSION_MAPPING)
  const cache = readFileSync(cacheFile())
  const second = run('kafka-storage.sh', VERSION_MAPPING)
  expect(second.stdout).toBe(first.stdout)
  expect(second.stdout).toContain('metadata.version=21 (3.9)')
  // A cache that was not accepted would have been written anew.
  expect(readFileSync(cacheFile()).equals(cache)).toBe(true)
})

test('a run with an option that the cache has not seen adds to it', () => {
  run('kafka-storage.sh', ['random-uuid'])
  const words = () => /"words":(\[.*?\])/.exec(readFileSync(cacheFile(), 'latin1'))![1]
  expect(words()).toBe('["random-uuid"]')
  run('kafka-storage.sh', VERSION_MAPPING)
  expect(words()).toBe('["random-uuid","version-mapping","--release-version"]')
})

test('a damaged, cut or foreign cache is ignored and replaced', () => {
  run('kafka-storage.sh', VERSION_MAPPING)
  const good = readFileSync(cacheFile())
  const damaged = (at: number) => {
    const copy = Buffer.from(good)
    copy[at]! ^= 0x55
    return copy
  }
  const bad = [0, 5, 20, 200, 5_000, good.length - 1].map(damaged)
  bad.push(
    good.subarray(0, 1_000),
    Buffer.alloc(0),
    Buffer.from(good.toString('latin1').replace('v20.', 'v19.'), 'latin1'),
  )
  for (const bytes of bad) {
    writeFileSync(cacheFile(), bytes)
    const { status, stdout, stderr } = run('kafka-storage.sh', VERSION_MAPPING)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('metadata.version=21 (3.9)')
  }
})

test.skipIf(process.getuid?.() === 0)(
  'where dist cannot be written the cache lies in the user’s cache directory',
  () => {
    chmodSync(join(root, 'dist'), 0o555)
    run('kafka-storage.sh', ['random-uuid'])
    expect(readdirSync(join(root, 'cache/kafka-toolkit'))).toEqual(['kafka-storage.bin'])
  },
)

test('a cache that others could have written is not trusted', () => {
  const directory = join(root, 'cache/kafka-toolkit')
  run('kafka-storage.sh', VERSION_MAPPING)
  mkdirSync(directory, { recursive: true })
  cpSync(cacheFile(), join(directory, 'kafka-storage.bin'))
  rmSync(join(root, 'dist/code-cache'), { recursive: true })
  // As a file, it keeps the place beside the bundles from being used.
  writeFileSync(join(root, 'dist/code-cache'), '')
  chmodSync(join(directory, 'kafka-storage.bin'), 0o666)
  expect(run('kafka-storage.sh', VERSION_MAPPING).status).toBe(0)
  // It was not used, so this run wrote its own in its place, which nobody else can write.
  const head = readFileSync(join(directory, 'kafka-storage.bin'))
  expect(head.length).toBeGreaterThan(1_000)
  expect(run('kafka-storage.sh', VERSION_MAPPING).stdout).toContain('metadata.version=21 (3.9)')
})

test('tools run from bin/ as well as from the root, and by what npm links', () => {
  const fromBin = run('kafka-storage.sh', ['random-uuid'], join(root, 'bin'))
  expect(fromBin.stdout).toMatch(/^[\w-]{22}\n$/)
  symlinkSync(join(root, 'bin/kafka-storage.sh'), join(root, 'kafka-storage'))
  const linked = spawnSync(process.execPath, [join(root, 'kafka-storage'), 'random-uuid'], { encoding: 'utf8' })
  expect(linked.stdout).toMatch(/^[\w-]{22}\n$/)
})

test('kafka finds tools by their words and by their names', () => {
  const asWords = run('run.js', ['storage', ...VERSION_MAPPING])
  expect(asWords.stdout).toBe(run('kafka-storage.sh', VERSION_MAPPING).stdout)
  expect(run('run.js', ['kafka-storage.sh', ...VERSION_MAPPING]).stdout).toBe(asWords.stdout)
})

test('a tool of a later version says so in one line and ends with 1', () => {
  const expected = { status: 1, stdout: '' }
  const named = run('kafka-configs.sh', ['--help'])
  expect(named).toMatchObject(expected)
  expect(named.stderr).toBe(
    'kafka-configs is not yet available in this version of kafka-toolkit; see docs/compatibility.md.\n',
  )
  expect(run('run.js', ['configs'])).toMatchObject({ ...expected, stderr: named.stderr })
})

test('zookeeper-server-start explains that Kafka needs none', () => {
  const { status, stderr } = run('zookeeper-server-start.sh', ['config/zookeeper.properties'])
  expect(status).toBe(1)
  expect(stderr).toContain('KRaft')
  expect(stderr).toContain('bin/kafka-storage.sh format --standalone')
})

test('a reader that goes away ends a tool quietly', () => {
  // `true` has ended before the tool has started; pipefail hands on how the tool ended.
  const tool = `"${process.execPath}" "${join(root, 'bin/kafka-storage.sh')}" version-mapping`
  const result = spawnSync('bash', ['-o', 'pipefail', '-c', `${tool} | true`], { encoding: 'utf8' })
  expect(result).toMatchObject({ status: 0, stdout: '', stderr: '' })
})

test('a slow reader of a full pipe gets everything', () => {
  // The help is written to a pipe that nobody empties for a while.
  const tool = `"${process.execPath}" "${join(root, 'bin/kafka-topics.sh')}" --help 2>&1`
  const all = spawnSync('bash', ['-c', `for i in 1 2 3 4 5 6 7 8; do ${tool}; done | (sleep 0.3; wc -l)`], {
    encoding: 'utf8',
  })
  expect(Number(all.stdout)).toBe(8 * 111)
})

test('without dist and without the means to build it, a tool says what to run', () => {
  rmSync(join(root, 'dist'), { recursive: true })
  mkdirSync(join(root, 'dist'))
  const { status, stderr } = run('kafka-topics.sh', ['--version'])
  expect(status).toBe(1)
  expect(stderr).toContain('npm run build')
})
