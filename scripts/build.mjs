/**
 * Builds dist/: one CommonJS bundle per tool, so that a tool loads only its own code and one file, the in-process broker
 * for tests as ESM and CommonJS, and its types. `--quick` leaves the types out.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { loadTypeScript } from './load-typescript.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const src = join(root, 'src')
const dist = join(root, 'dist')
const quick = process.argv.includes('--quick')

/** Packages with native or WebAssembly parts, and what is loaded only on demand: they stay in node_modules. */
const EXTERNAL = ['@node-rs/crc32', 'lz4-napi', 'snappy', '@bokuweb/zstd-wasm', 'fs-native-extensions', 'kafkajs']

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  absWorkingDir: root,
  external: EXTERNAL,
  outExtension: { '.js': '.cjs' },
  logLevel: 'warning',
  write: false,
  outdir: dist,
}

/** A module with an ESM `import.meta.url` inside a CommonJS bundle. */
const cjs = {
  ...common,
  format: 'cjs',
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': '__moduleUrl', 'import.meta.dirname': '__dirname' },
  banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href" },
}

const { CATALOG } = loadTypeScript(join(src, 'cli/catalog.ts'))
const served = CATALOG.filter((entry) => entry.module)

const toolEntries = {
  name: 'tool-entries',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^tool:/ }, ({ path }) => ({ path: path.slice('tool:'.length), namespace: 'tool' }))
    onLoad({ filter: /.*/, namespace: 'tool' }, ({ path }) => {
      const { module } = served.find((entry) => entry.name === path)
      const contents = `import { run } from './${module}'
import { runTool } from './cli/process.ts'
export { run }
export const main = (argv) => runTool(run, argv)`
      return { contents, resolveDir: src, loader: 'ts' }
    })
  },
}

/** A command loads its tool from the tool's own bundle. */
const toolBundles = {
  name: 'tool-bundles',
  setup({ onResolve }) {
    onResolve({ filter: /\/tools\// }, ({ kind, path, resolveDir }) => {
      const module = join(resolveDir, path).slice(src.length + 1)
      const entry = served.find((each) => each.module === module)
      return kind === 'dynamic-import' && entry ? { path: `./${entry.name}.cjs`, external: true } : undefined
    })
  },
}

const testing = join(src, 'testing/start-broker.ts')
const bundles = [
  ...served.map(({ name }) => bundle({ ...cjs, entryPoints: { [name]: `tool:${name}` }, plugins: [toolEntries] })),
  bundle({ ...cjs, entryPoints: { kafka: join(src, 'cli/kafka.ts') } }),
  bundle({ ...cjs, entryPoints: { oclif: join(src, 'commands/index.ts') }, plugins: [toolBundles] }),
  bundle({ ...cjs, entryPoints: { testing } }),
  bundle({ ...common, format: 'esm', entryPoints: { testing }, outExtension: { '.js': '.mjs' } }),
]

mkdirSync(dist, { recursive: true })
const written = new Set()
const types = quick ? Promise.resolve() : writeTypes()
for (const files of await Promise.all(bundles)) {
  for (const { path, contents } of files) write(path, contents)
}
write(join(dist, 'build.json'), Buffer.from(`${JSON.stringify({ builtAt: new Date().toISOString() })}\n`))
for (const name of readdirSync(dist)) {
  if (/\.(cjs|mjs)$/.test(name) && !written.has(name)) rmSync(join(dist, name), { force: true })
}
// Code caches belong to the bundles they were made from.
rmSync(join(dist, 'code-cache'), { recursive: true, force: true })
await types

/** The files of one bundle. One that cannot be made is reported by esbuild and does not keep the others from being written. */
async function bundle(options) {
  try {
    return (await build(options)).outputFiles
  } catch (error) {
    if (!error.errors) throw error
    process.exitCode = 1
    return []
  }
}

/**
 * A whole file or none: tools may be starting meanwhile. Bundles begin with a comment that names their content, by which
 * the launcher knows whether a code cache belongs to them.
 */
function write(path, contents) {
  const name = path.slice(dist.length + 1)
  const id = createHash('sha256').update(contents).digest('base64url').slice(0, 22)
  const data = name.endsWith('.cjs') ? Buffer.concat([Buffer.from(`//${id}\n`), contents]) : contents
  const temporary = join(dist, `.${name}.${process.pid}.tmp`)
  writeFileSync(temporary, data)
  renameSync(temporary, path)
  written.add(name)
}

function writeTypes() {
  const outDir = join(dist, 'types')
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const args = ['-p', join(root, 'tsconfig.types.json'), '--outDir', outDir]
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [compiler, ...args], { stdio: ['ignore', 'inherit', 'inherit'] })
    child.once('error', failed)
    child.once('exit', (code) => (code === 0 ? done() : failed(new Error('the types could not be written'))))
  })
}
