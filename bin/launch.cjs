// Starts a tool from its bundle in dist/, with the V8 code cache of an earlier run: half of a short tool's start time is
// compiling. The cache lies in dist/code-cache when that may be written, else in the user's own cache directory; it is
// used only with the very bundle and Node version that it was made from.
const fs = require('node:fs')
const path = require('node:path')
const vm = require('node:vm')

const root = path.join(__dirname, '..')
const dist = path.join(root, 'dist')
const LONG_RUN_MS = 5_000
/** Success, and a stop by SIGTERM or SIGINT: the tool has done its work, so the cache is worth keeping. */
const GOOD_ENDS = new Set([0, 130, 143])
const RUNTIME = `${process.version} ${process.arch} ${process.versions.v8}`

/** Runs a tool; `argv` are its arguments. `kafka` is the command that finds the others. */
module.exports = async function launch(name, argv = process.argv.slice(2)) {
  const tool = load(name)
  // What runs for long may be killed in the end.
  setTimeout(() => saveCache(tool, argv), LONG_RUN_MS).unref()
  const result = await tool.exports.main(argv)
  if (typeof result === 'object') return launch(result.tool, result.argv)
  if (GOOD_ENDS.has(result) || argv.includes('--help')) saveCache(tool, argv)
  process.exit(result)
}

function load(name) {
  const file = path.join(dist, `${name}.cjs`)
  const source = readSource(file)
  const id = source.slice(2, 24)
  const cache = readCache(name, id)
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${source}\n})`
  const script = new vm.Script(wrapped, { filename: file, cachedData: cache?.data })
  const known = cache && !script.cachedDataRejected ? cache.words : undefined
  const module = { exports: {} }
  const tool = { name, id, script, known, exports: module.exports }
  script.runInThisContext()(module.exports, requireFrom(file), module, file, dist)
  tool.exports = module.exports
  return tool
}

/** A `require` that finds builtins without asking the file system, and other packages from dist. */
function requireFrom(file) {
  let fromFile
  return (request) => {
    if (request.startsWith('node:')) return require(request)
    fromFile ??= require('node:module').createRequire(file)
    return fromFile(request)
  }
}

/** Bundles are ASCII, which latin1 reads fastest. Without them, as after `npm ci`, they are built first. */
function readSource(file) {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  const script = path.join(root, 'scripts', 'build.mjs')
  const esbuild = path.join(root, 'node_modules', 'esbuild')
  if (!fs.existsSync(script) || !fs.existsSync(esbuild)) {
    fs.writeSync(2, `kafka-toolkit is not built yet. Run "npm ci" and "npm run build" in ${root}\n`)
    process.exit(1)
  }
  const { spawnSync } = require('node:child_process')
  spawnSync(process.execPath, [script, '--quick'], { stdio: ['ignore', 2, 2] })
  if (!fs.existsSync(file)) process.exit(1)
  return fs.readFileSync(file, 'latin1')
}

/** Where caches may lie: beside the bundles, which who can write may change anyway, or where only this user can write. */
function cacheDirectories() {
  const { HOME, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  const home = process.platform === 'win32' ? LOCALAPPDATA : (XDG_CACHE_HOME ?? (HOME && path.join(HOME, '.cache')))
  return [path.join(dist, 'code-cache'), ...(home ? [path.join(home, 'kafka-toolkit')] : [])]
}

/**
 * Layout: length of the head uint32 LE | checksum of the data int32 LE | head as JSON `{id, runtime, words, length}`,
 * filled up with spaces to a multiple of 8 | data. V8 crashes on damaged data, hence the checksum, and copies data that
 * is not aligned.
 */
function readCache(name, id) {
  for (const directory of cacheDirectories()) {
    try {
      const file = path.join(directory, `${name}.bin`)
      const bytes = fs.readFileSync(file)
      if (!isTrusted(directory, file)) continue
      const start = 8 + bytes.readUInt32LE(0)
      const head = JSON.parse(bytes.toString('latin1', 8, start))
      const data = bytes.subarray(start)
      const isWhole = head.length === data.length && checksum(data) === bytes.readInt32LE(4)
      if (head.id === id && head.runtime === RUNTIME && isWhole) return { words: head.words, data }
    } catch {
      // No cache, or not a whole one: the tool starts without.
    }
  }
}

/** FNV-1a over 32 bit words (V8's data are a multiple of 4 bytes long): every single damaged bit changes it. */
function checksum(data) {
  const words = new Int32Array(data.buffer, data.byteOffset, data.length >> 2)
  let sum = 0x811c9dc5 | 0
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i], 0x01000193)
  return sum
}

/** Code caches are code: in a directory apart from the bundles, both must be this user's own. */
function isTrusted(directory, file) {
  if (directory.startsWith(dist) || process.platform === 'win32') return true
  const user = process.getuid()
  return [directory, file].every((each) => {
    const { uid, mode } = fs.statSync(each)
    return uid === user && (mode & 0o022) === 0
  })
}

/**
 * Keeps what V8 has compiled by the end of this run. Which functions that is depends on what the tool was asked to do, so
 * the cache remembers the words of its runs and grows when a run had a new one.
 */
function saveCache(tool, argv) {
  const words = argv.slice(0, 40).flatMap((word, index) => {
    const match = /^(--?[a-z][\w.-]*)/.exec(word) ?? (index === 0 ? /^[a-z][a-z-]*$/.exec(word) : undefined)
    return match ? [match[0]] : []
  })
  const known = new Set(tool.known)
  if (tool.known && (known.size > 64 || words.every((word) => known.has(word)))) return
  const data = tool.script.createCachedData()
  const all = [...new Set([...known, ...words])]
  tool.known = all
  const text = JSON.stringify({ id: tool.id, runtime: RUNTIME, words: all, length: data.length })
  const head = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8))
  const sizes = Buffer.alloc(8)
  sizes.writeUInt32LE(head.length, 0)
  sizes.writeInt32LE(checksum(data), 4)
  for (const directory of cacheDirectories()) {
    const file = path.join(directory, `${tool.name}.bin`)
    const temporary = `${file}.${process.pid}.tmp`
    try {
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
      fs.writeFileSync(temporary, Buffer.concat([sizes, head, data]), { mode: 0o600 })
      fs.renameSync(temporary, file)
      return
    } catch {
      // Not ours to write: try the next place. Without any, every start compiles.
    }
  }
}
