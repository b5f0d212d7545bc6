/**
 * Writes what follows from the catalog and the commands: bin/*.sh, bin/windows/*.bat, the `bin` of package.json and
 * oclif.manifest.json. A test checks that they are fresh.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Plugin } from '@oclif/core'
import { loadTypeScript } from './load-typescript.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Path → content of every script. */
export function binFiles() {
  const { CATALOG } = loadTypeScript(join(root, 'src/cli/catalog.ts'))
  const files = new Map()
  for (const { name, module } of CATALOG) {
    // `kafka` says of a tool without a module that it is not there yet.
    const start = module ? `('${name}')` : `('kafka', ['${name}'])`
    files.set(`bin/${name}.sh`, `#!/usr/bin/env node\nrequire('./launch.cjs')${start}\n`)
    files.set(`bin/windows/${name}.bat`, `@node "%~dp0..\\${name}.sh" %*\r\n`)
  }
  files.set('bin/run.js', "#!/usr/bin/env node\nrequire('./launch.cjs')('kafka')\n")
  return files
}

/** Names that npm puts on the path: `kafka`, and every tool with and without `.sh`. */
export function binNames() {
  const { CATALOG } = loadTypeScript(join(root, 'src/cli/catalog.ts'))
  const names = CATALOG.flatMap(({ name }) => [
    [name, `bin/${name}.sh`],
    [`${name}.sh`, `bin/${name}.sh`],
  ])
  return Object.fromEntries([['kafka', 'bin/run.js'], ...names])
}

/** What oclif shows without loading any command. Needs a build: the commands come from dist/. */
export async function oclifManifest() {
  const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true })
  await plugin.load()
  return `${JSON.stringify(plugin.manifest, null, 2)}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(root, 'bin/windows'), { recursive: true })
  for (const [path, content] of binFiles()) {
    writeFileSync(join(root, path), content)
    if (!path.endsWith('.bat')) chmodSync(join(root, path), 0o755)
  }
  const file = join(root, 'package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  manifest.bin = binNames()
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`)
  writeFileSync(join(root, 'oclif.manifest.json'), await oclifManifest())
}
