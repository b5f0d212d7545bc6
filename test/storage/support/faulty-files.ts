import {
  type DirectoryEntry,
  type FileLayer,
  type FileStat,
  NodeFiles,
  type OpenFlags,
} from '../../../src/storage/file-layer.ts'

/** Thrown by every operation after the one at which the process is thought to be killed. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

type Mutation =
  | 'open'
  | 'write'
  | 'fsync'
  | 'truncate'
  | 'rename'
  | 'unlink'
  | 'mkdir'
  | 'rmdir'
  | 'chmod'
  | 'syncDirectory'

/**
 * The real files, counting every operation that changes or syncs something. Can be stopped after any of them, as a kill
 * would: what was done stays done. A write that is cut in two leaves its first half. `fail` makes chosen operations throw.
 */
export class FaultyFiles implements FileLayer {
  private readonly real = new NodeFiles()
  /** Changes so far. */
  count = 0
  /** Which of them, counted from 1, were writes. */
  readonly writes: number[] = []
  /** Reads through `readSync` and `readFile`. */
  syncReads = 0
  awaitedReads = 0
  /** The change after which everything fails. */
  killAfter = Number.POSITIVE_INFINITY
  /** Whether the change at which the kill comes, if it is a write, gets half done. */
  tearsLastWrite = false
  /** An error for an operation, or undefined to let it pass. */
  fail: (what: Mutation | 'read', path: string) => Error | undefined = () => undefined
  private readonly paths = new Map<number, string>()

  private change(what: Mutation, path: string): void {
    if (this.count >= this.killAfter) throw new Killed(`killed before ${what} ${path}`)
    const error = this.fail(what, path)
    if (error) throw error
    this.count++
    if (what === 'write') this.writes.push(this.count)
  }

  private read_(path: string): void {
    if (this.count >= this.killAfter) throw new Killed(`killed before reading ${path}`)
    const error = this.fail('read', path)
    if (error) throw error
  }

  private pathOf(fd: number): string {
    return this.paths.get(fd) ?? `fd ${fd}`
  }

  /** Files that are open now. */
  get openCount(): number {
    return this.paths.size
  }

  open(path: string, flags: OpenFlags, mode?: number): number {
    if (flags === 'r' || flags === 'r+') this.read_(path)
    else this.change('open', path)
    const fd = this.real.open(path, flags, mode)
    this.paths.set(fd, path)
    return fd
  }

  close(fd: number): void {
    this.paths.delete(fd)
    this.real.close(fd)
  }

  readSync(fd: number, buffer: Buffer, offset: number, length: number, position: number): number {
    this.read_(this.pathOf(fd))
    this.syncReads++
    return this.real.readSync(fd, buffer, offset, length, position)
  }

  async read(fd: number, buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    this.read_(this.pathOf(fd))
    this.awaitedReads++
    return this.real.read(fd, buffer, offset, length, position)
  }

  writevSync(fd: number, buffers: readonly Buffer[], position: number): number {
    if (this.tearsLastWrite && this.count + 1 === this.killAfter) {
      this.change('write', this.pathOf(fd))
      const all = Buffer.concat(buffers)
      this.real.writevSync(fd, [all.subarray(0, all.length >> 1)], position)
      throw new Killed(`killed while writing ${this.pathOf(fd)}`)
    }
    this.change('write', this.pathOf(fd))
    return this.real.writevSync(fd, buffers, position)
  }

  fsyncSync(fd: number): void {
    this.change('fsync', this.pathOf(fd))
  }

  async fsync(fd: number): Promise<void> {
    this.change('fsync', this.pathOf(fd))
  }

  ftruncate(fd: number, length: number): void {
    this.change('truncate', this.pathOf(fd))
    this.real.ftruncate(fd, length)
  }

  size(fd: number): number {
    return this.real.size(fd)
  }

  rename(from: string, to: string): void {
    this.change('rename', from)
    this.real.rename(from, to)
  }

  unlink(path: string): void {
    this.change('unlink', path)
    this.real.unlink(path)
  }

  mkdir(path: string): void {
    this.change('mkdir', path)
    this.real.mkdir(path)
  }

  rmdir(path: string): void {
    this.change('rmdir', path)
    this.real.rmdir(path)
  }

  readdir(path: string): DirectoryEntry[] {
    this.read_(path)
    return this.real.readdir(path)
  }

  stat(path: string): FileStat | undefined {
    return this.real.stat(path)
  }

  readFile(path: string): Buffer {
    this.read_(path)
    this.syncReads++
    return this.real.readFile(path)
  }

  chmod(path: string, mode: number): void {
    this.change('chmod', path)
    this.real.chmod(path, mode)
  }

  syncDirectory(path: string): void {
    this.change('syncDirectory', path)
  }
}
