/**
 * Every file operation of the storage and log code goes through one `FileLayer`, so that tests can count operations, make
 * them fail, or stop after any of them.
 */
import * as fs from 'node:fs'
import { dirname } from 'node:path'

export interface FileStat {
  readonly size: number
  readonly isDirectory: boolean
  readonly mtimeMs: number
  /** Identifies the file within its device. */
  readonly inode: number
}

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
}

/** As in fs.open: `r` and `r+` want the file to exist, `w` empties it, `wx` wants it not to exist, `a+` keeps it. */
export type OpenFlags = 'r' | 'r+' | 'w' | 'w+' | 'wx' | 'a+'

/**
 * Appends to the page cache are synchronous (6 µs for 16 KiB against 50 µs awaited); fsync and reads of cold data have
 * awaited forms. Positions and lengths are bytes. Errors are Node's own, with `code`.
 */
export interface FileLayer {
  open(path: string, flags: OpenFlags, mode?: number): number
  close(fd: number): void
  /** Bytes read; less than `length` only at the end of the file. */
  readSync(fd: number, buffer: Buffer, offset: number, length: number, position: number): number
  read(fd: number, buffer: Buffer, offset: number, length: number, position: number): Promise<number>
  /** Bytes written, which may be fewer than given. */
  writevSync(fd: number, buffers: readonly Buffer[], position: number): number
  /** Makes data and size durable; other attributes may follow later. */
  fsyncSync(fd: number): void
  fsync(fd: number): Promise<void>
  ftruncate(fd: number, length: number): void
  size(fd: number): number
  rename(from: string, to: string): void
  unlink(path: string): void
  mkdir(path: string): void
  /** Removes an empty directory. */
  rmdir(path: string): void
  readdir(path: string): DirectoryEntry[]
  /** Undefined when there is nothing at `path`. */
  stat(path: string): FileStat | undefined
  readFile(path: string): Buffer
  chmod(path: string, mode: number): void
  /** Makes names created, renamed or removed in a directory durable. Does nothing on Windows, as in Kafka. */
  syncDirectory(path: string): void
}

/** Most buffers that one `writev` takes on Linux and macOS. */
const MAX_VECTOR = 1024

/** Lets so many run at once; the others wait in order. */
class Slots {
  private free: number
  private readonly waiting: (() => void)[] = []

  constructor(count: number) {
    this.free = count
  }

  acquire(): Promise<void> | undefined {
    if (this.free > 0) {
      this.free--
      return undefined
    }
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  release(): void {
    const next = this.waiting.shift()
    if (next) next()
    else this.free++
  }
}

/** The real file system. At most two awaited fsyncs run at once: libuv has four file threads and cold reads need them. */
export class NodeFiles implements FileLayer {
  private readonly fsyncs = new Slots(2)

  open(path: string, flags: OpenFlags, mode?: number): number {
    return fs.openSync(path, flags, mode)
  }

  close(fd: number): void {
    fs.closeSync(fd)
  }

  readSync(fd: number, buffer: Buffer, offset: number, length: number, position: number): number {
    let done = 0
    while (done < length) {
      const count = fs.readSync(fd, buffer, offset + done, length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  async read(fd: number, buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    let done = 0
    while (done < length) {
      const count = await readOnce(fd, buffer, offset + done, length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  writevSync(fd: number, buffers: readonly Buffer[], position: number): number {
    if (buffers.length === 1) {
      const [buffer] = buffers
      return fs.writeSync(fd, buffer!, 0, buffer!.length, position)
    }
    if (buffers.length <= MAX_VECTOR) return fs.writevSync(fd, buffers as Buffer[], position)
    let written = 0
    for (let i = 0; i < buffers.length; i += MAX_VECTOR) {
      const slice = buffers.slice(i, i + MAX_VECTOR)
      const count = fs.writevSync(fd, slice, position + written)
      written += count
      if (count < slice.reduce((size, buffer) => size + buffer.length, 0)) break
    }
    return written
  }

  fsyncSync(fd: number): void {
    fs.fdatasyncSync(fd)
  }

  async fsync(fd: number): Promise<void> {
    await this.fsyncs.acquire()
    try {
      await new Promise<void>((resolve, reject) => fs.fdatasync(fd, (error) => (error ? reject(error) : resolve())))
    } finally {
      this.fsyncs.release()
    }
  }

  ftruncate(fd: number, length: number): void {
    fs.ftruncateSync(fd, length)
  }

  size(fd: number): number {
    return fs.fstatSync(fd).size
  }

  rename(from: string, to: string): void {
    fs.renameSync(from, to)
  }

  unlink(path: string): void {
    fs.unlinkSync(path)
  }

  mkdir(path: string): void {
    fs.mkdirSync(path)
  }

  rmdir(path: string): void {
    fs.rmdirSync(path)
  }

  readdir(path: string): DirectoryEntry[] {
    return fs
      .readdirSync(path, { withFileTypes: true })
      .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
  }

  stat(path: string): FileStat | undefined {
    const stat = fs.statSync(path, { throwIfNoEntry: false })
    return stat && { size: stat.size, isDirectory: stat.isDirectory(), mtimeMs: stat.mtimeMs, inode: stat.ino }
  }

  readFile(path: string): Buffer {
    return fs.readFileSync(path)
  }

  chmod(path: string, mode: number): void {
    fs.chmodSync(path, mode)
  }

  syncDirectory(path: string): void {
    if (process.platform === 'win32') return
    const fd = fs.openSync(path, 'r')
    try {
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
  }
}

/** For tools and small files. A broker makes its own, so that two in one process share nothing. */
export const nodeFiles: FileLayer = new NodeFiles()

/** Whether an error says that a file or directory is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** A whole small file as text; undefined when there is none. */
export function readTextIfExists(path: string, files: FileLayer = nodeFiles): string | undefined {
  try {
    return files.readFile(path).toString('utf8')
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Removes a file that may be there or not. */
export function unlinkIfExists(path: string, files: FileLayer = nodeFiles): void {
  try {
    files.unlink(path)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** Makes a directory and those above it; with `sync` each new name is made durable. */
export function makeDirectories(path: string, files: FileLayer = nodeFiles, { sync = true } = {}): void {
  if (files.stat(path)?.isDirectory) return
  const parent = dirname(path)
  if (parent !== path) makeDirectories(parent, files, { sync })
  files.mkdir(path)
  if (sync) files.syncDirectory(parent)
}

/** Writes everything or throws; a short write, as a full disk gives, is an error. */
export function writeFully(files: FileLayer, fd: number, buffers: readonly Buffer[], position: number): void {
  let size = 0
  for (const buffer of buffers) size += buffer.length
  if (size === 0) return
  const written = files.writevSync(fd, buffers, position)
  if (written !== size) throw new Error(`Only ${written} of ${size} bytes written at position ${position}`)
}

function readOnce(fd: number, buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, buffer, offset, length, position, (error, count) => (error ? reject(error) : resolve(count)))
  })
}
