/**
 * `.lock` keeps a second broker, Apache's or ours, off a log directory. Only the kernel's lock on the file counts, so that
 * a file left by a killed process is no obstacle. Apache takes it through java.nio, which is a POSIX record lock on Unix
 * and LockFileEx on Windows; ours is of the same kind, so each excludes the other.
 */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type FileLayer, isNotFound, nodeFiles, unlinkIfExists, writeFully } from './file-layer.ts'

export const LOCK_FILE = '.lock'

/** Where there is no native lock, names the owner beside `.lock`. */
const OWNER_FILE = '.lock.owner'

interface NativeLocks {
  /** Throws with code EAGAIN when another open file has a lock on the range; length 0 is the whole file. */
  tryLock(fd: number, offset: number, length: number, exclusive: boolean): void
}

export interface DirectoryLock {
  readonly directory: string
  /** Removes the file and lets go of the lock, as Kafka does at a clean stop. */
  release(): void
}

/**
 * Throws, with Kafka's text, when another process or another broker in this one has the directory. `native` is null where
 * the package has no build.
 */
export function lockDirectory(
  directory: string,
  files: FileLayer = nodeFiles,
  native: NativeLocks | null = nativeLocks(),
): DirectoryLock {
  const path = join(directory, LOCK_FILE)
  for (;;) {
    const fd = files.open(path, 'a+')
    try {
      if (!(native ? tryNative(native, fd) : tryOwnerFile(directory, files))) {
        throw new Error(
          `Failed to acquire lock on file ${LOCK_FILE} in ${directory}. ` +
            'A Kafka instance in another process or thread is using this directory.',
        )
      }
      // The one who had it may have removed the file after we opened it: then our lock is on a file without a name.
      if (files.stat(path)) return { directory, release: () => release(directory, fd, files, native === null) }
    } catch (error) {
      files.close(fd)
      throw error
    }
    files.close(fd)
  }
}

function release(directory: string, fd: number, files: FileLayer, hasOwnerFile: boolean): void {
  // An open file cannot be removed on Windows; elsewhere it is removed while it is locked, so that whoever opened it
  // meanwhile finds the name gone and starts over.
  if (process.platform === 'win32') files.close(fd)
  try {
    if (hasOwnerFile) unlinkIfExists(join(directory, OWNER_FILE), files)
    unlinkIfExists(join(directory, LOCK_FILE), files)
  } finally {
    if (process.platform !== 'win32') files.close(fd)
  }
}

function tryNative(native: NativeLocks, fd: number): boolean {
  try {
    native.tryLock(fd, 0, 0, true)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN' || code === 'EACCES' || code === 'EBUSY') return false
    throw error
  }
}

/**
 * Without native code (a platform the package has no build for): a file that names its owner, made exclusively. It is
 * stale when that process is gone, or has another start time, which tells a reused process id apart.
 */
function tryOwnerFile(directory: string, files: FileLayer): boolean {
  if (isLockedInKernel(join(directory, LOCK_FILE), files)) return false
  const path = join(directory, OWNER_FILE)
  for (;;) {
    try {
      const fd = files.open(path, 'wx')
      try {
        writeFully(files, fd, [Buffer.from(`${process.pid} ${startTimeOf(process.pid) ?? ''}\n`)], 0)
      } finally {
        files.close(fd)
      }
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    if (isOwnerAlive(path, files)) return false
    unlinkIfExists(path, files)
  }
}

function isOwnerAlive(path: string, files: FileLayer): boolean {
  let text: string
  try {
    text = files.readFile(path).toString()
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
  const [pid = '', startTime = ''] = text.trim().split(' ')
  if (!/^\d+$/.test(pid)) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const actual = startTimeOf(Number(pid))
  return actual === undefined || startTime === '' || actual === startTime
}

/** Whether Linux lists a record lock on the file: a running Apache broker. */
function isLockedInKernel(path: string, files: FileLayer): boolean {
  const inode = files.stat(path)?.inode
  const locks = readProc('/proc/locks')
  if (inode === undefined || locks === undefined) return false
  return locks.split('\n').some((line) => new RegExp(`(POSIX|OFDLCK).*:${inode} `).test(line))
}

/** When a process started, in clock ticks since boot (Linux); undefined where the system does not say. */
function startTimeOf(pid: number): string | undefined {
  // The name in parentheses may hold spaces; the start time is the 20th field after it.
  return readProc(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')[19]
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    // Not Linux, or the process is gone.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    return undefined
  }
}

/** The platform's own file of the package, loaded directly: 1 ms against 27 through its loader. */
function nativeLocks(): NativeLocks | null {
  const name = `fs-native-extensions/prebuilds/${process.platform}-${process.arch}/fs-native-extensions.node`
  try {
    return createRequire(import.meta.url)(name) as NativeLocks
  } catch (error) {
    // No build for this platform or C library.
    if (!(error instanceof Error)) throw error
    return null
  }
}
