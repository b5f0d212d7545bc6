import { closeSync } from 'node:fs'
import type { OpenFlags } from '../../src/storage/file-layer.ts'
import { FaultyFiles } from '../storage/support/faulty-files.ts'

/**
 * The files of a process that is killed after operation `killAfter`: nothing reaches the disk from then on, and what it
 * would have answered no longer counts. Fsyncs cost nothing: a kill leaves the page cache as it is.
 */
export class MortalFiles extends FaultyFiles {
  /** Resolves when the last operation is under way. */
  readonly death: Promise<void>
  private readonly descriptors = new Set<number>()

  constructor(killAfter = Number.POSITIVE_INFINITY, tearsLastWrite = false) {
    super()
    this.killAfter = killAfter
    this.tearsLastWrite = tearsLastWrite
    let die: () => void
    this.death = new Promise((resolve) => {
      die = resolve
    })
    this.fail = (what) => {
      if (what !== 'read' && this.count + 1 >= this.killAfter) die()
      return undefined
    }
    if (killAfter <= 0) die!()
  }

  get isDead(): boolean {
    return this.count >= this.killAfter
  }

  override open(path: string, flags: OpenFlags, mode?: number): number {
    const fd = super.open(path, flags, mode)
    this.descriptors.add(fd)
    return fd
  }

  /** After `bury` a number may belong to somebody else's file. */
  override close(fd: number): void {
    if (this.descriptors.delete(fd)) super.close(fd)
  }

  /** What the kernel does for a dead process: closes its files, and with them lets go of its locks. */
  bury(): void {
    for (const fd of this.descriptors) closeSync(fd)
    this.descriptors.clear()
  }
}
