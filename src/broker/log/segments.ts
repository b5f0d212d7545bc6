import type { Segment } from './segment.ts'

/** The segments of a log in order of their base offsets; there is always at least one, and the last is active. */
export class Segments {
  private list: Segment[] = []

  get all(): readonly Segment[] {
    return this.list
  }

  get first(): Segment {
    return this.list[0]!
  }

  get active(): Segment {
    return this.list[this.list.length - 1]!
  }

  get count(): number {
    return this.list.length
  }

  get sizeInBytes(): number {
    let size = 0
    for (const segment of this.list) size += segment.sizeInBytes
    return size
  }

  add(segment: Segment): void {
    if (this.list.length > 0 && segment.baseOffset <= this.active.baseOffset) {
      throw new Error(`Segment ${segment.baseOffset} comes after segment ${this.active.baseOffset}`)
    }
    this.list.push(segment)
  }

  /** Index of the segment that holds `offset`: the last one that begins at or before it; 0 when none does. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.list[middle]!.baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  /** The segment that holds `offset`. */
  floor(offset: number): Segment {
    return this.list[this.indexOf(offset)]!
  }

  at(index: number): Segment | undefined {
    return this.list[index]
  }

  remove(segments: readonly Segment[]): void {
    const gone = new Set(segments)
    this.list = this.list.filter((segment) => !gone.has(segment))
  }

  /** From the one that holds `offset` on. */
  from(offset: number): Segment[] {
    return this.list.slice(this.indexOf(offset))
  }
}
