import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './broker-process.ts'

/** Tests run the tools from bin/, which start from dist/: it is built first when any source is newer. */
export default function build(): void {
  const builtAt = statSync(join(ROOT, 'dist/build.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (newestIn(join(ROOT, 'src')) < builtAt && newestIn(join(ROOT, 'scripts')) < builtAt) return
  const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--quick'], { stdio: 'inherit' })
  if (status !== 0) console.error('Some bundles in dist/ could not be built; tests that run them will fail.')
}

function newestIn(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((newest, entry) => Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0)
}
