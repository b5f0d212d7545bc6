import { createRequire } from 'node:module'
import { buildSync } from 'esbuild'

/** The exports of a TypeScript module, for scripts that run without a TypeScript runner. */
export function loadTypeScript(path) {
  const { outputFiles } = buildSync({
    entryPoints: [path],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    write: false,
  })
  const module = { exports: {} }
  const run = new Function('module', 'exports', 'require', outputFiles[0].text)
  run(module, module.exports, createRequire(path))
  return module.exports
}
