import type { FileLayer } from '../../storage/file-layer.ts'

/** Most log files that a broker keeps open unless told otherwise; others are closed and opened again when used. */
export const DEFAULT_MAX_OPEN_FILES = 512

/** A file that is open only while it is used or was used lately. Its path may change: directories are renamed. */
export interface PooledFile {
  path: string
  /** Undefined while closed. */
  fd: number | undefined
  /** Awaited operations under way; such a file stays open. */
  pins: number
}

export function pooledFile(path: string): PooledFile {
  return { path, fd: undefined, pins: 0 }
}

/** Keeps the lately used files open, at most `limit` of them besides pinned ones. */
export class OpenFiles {
  private readonly files: FileLayer
  private readonly limit: number
  /** In order of their last use. */
  private readonly open = new Set<PooledFile>()
  private latest: PooledFile | undefined

  constructor(files: FileLayer, limit = DEFAULT_MAX_OPEN_FILES) {
    this.files = files
    this.limit = limit
  }

  get count(): number {
    return this.open.size
  }

  /** Descriptor of the file, valid until something else is opened; pin the file to await with it. */
  fd(file: PooledFile): number {
    if (file.fd !== undefined) {
      if (file !== this.latest) {
        this.open.delete(file)
        this.open.add(file)
        this.latest = file
      }
      return file.fd
    }
    this.makeRoom()
    file.fd = this.files.open(file.path, 'r+')
    this.open.add(file)
    this.latest = file
    return file.fd
  }

  /** Runs an awaited operation on the file, which stays open meanwhile. */
  async use<T>(file: PooledFile, operation: (fd: number) => Promise<T>): Promise<T> {
    const fd = this.fd(file)
    file.pins++
    try {
      return await operation(fd)
    } finally {
      file.pins--
      // Closed meanwhile: the descriptor was left to us.
      if (file.fd !== fd && file.pins === 0) this.files.close(fd)
    }
  }

  /** Closes the file now, or when the last awaited operation on it ends. */
  close(file: PooledFile): void {
    const { fd } = file
    if (fd === undefined) return
    this.open.delete(file)
    if (this.latest === file) this.latest = undefined
    file.fd = undefined
    if (file.pins === 0) this.files.close(fd)
  }

  private makeRoom(): void {
    if (this.open.size < this.limit) return
    for (const file of this.open) {
      if (file.pins > 0) continue
      this.close(file)
      if (this.open.size < this.limit) return
    }
  }
}
