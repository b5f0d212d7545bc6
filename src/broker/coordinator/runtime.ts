/**
 * Runs coordinators: one state machine (`CoordinatorShard`) per partition of an internal topic that this broker leads.
 *
 * An operation runs to completion at once: it decides, its records are queued for the log and replayed, so that the next
 * operation sees them. Its answer leaves when the log has committed everything the shard had written by then; so does
 * the answer of a read. An answer never speaks of state that could still be lost.
 *
 * The state may thus be ahead of the log, but only together: when an append fails, every answer still held back fails,
 * the shard is dropped and made anew from its log. Loading and serving run the same `replay`.
 */

import { type Codec, prepareCodec } from '../../protocol/compression.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import { ActiveShard } from './active-shard.ts'
import { asCoordinatorError } from './coordinator-errors.ts'
import type { CoordinatorLog } from './coordinator-log.ts'
import { loadShard } from './loader.ts'
import type { CoordinatorShard, Outcome, RecordSerde, ShardHost } from './shard.ts'

export interface RuntimeOptions<S extends CoordinatorShard<R>, R> {
  /** Internal topic, for log lines. */
  readonly topic: string
  readonly clock: Clock
  readonly logger: Logger
  readonly log: (partition: number) => CoordinatorLog | undefined
  readonly serde: RecordSerde<R>
  readonly createShard: (host: ShardHost<R>) => S
  readonly codec: Codec
  /** How much of a log is replayed between two turns of the event loop, in bytes. */
  readonly loadBufferBytes: number
  /** How long an answer waits for its records to be committed. */
  readonly commitTimeoutMs: number
}

const LOGGER = 'org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime'

/** A partition this broker leads. It has a shard once its log is loaded, and none after loading failed. */
interface Led<S extends CoordinatorShard<R>, R> {
  readonly partition: number
  leaderEpoch: number
  state: 'loading' | 'active' | 'failed'
  shard?: ActiveShard<S, R>
}

export class CoordinatorRuntime<S extends CoordinatorShard<R>, R> {
  private readonly led = new Map<number, Led<S, R>>()
  /** Appends under way of shards that were dropped: the log must hold them before it is read again. */
  private readonly unsettled = new Map<number, Promise<void>>()
  private readonly options: RuntimeOptions<S, R>
  private closed = false

  constructor(options: RuntimeOptions<S, R>) {
    this.options = options
  }

  /** This broker leads the partition now: its log is loaded, unless it is already. */
  onLeader(partition: number, leaderEpoch: number): void {
    if (this.closed) return
    const led = this.led.get(partition)
    if (led) {
      led.leaderEpoch = Math.max(led.leaderEpoch, leaderEpoch)
      if (led.state === 'failed') this.load(led)
      return
    }
    const fresh: Led<S, R> = { partition, leaderEpoch, state: 'loading' }
    this.led.set(partition, fresh)
    this.load(fresh)
  }

  /** This broker leads the partition no longer: who waits is told to look for the coordinator again. */
  onResigned(partition: number): void {
    const led = this.led.get(partition)
    this.led.delete(partition)
    if (led) this.drop(led, new ApiError(ErrorCode.NOT_COORDINATOR))
  }

  /** Partitions led by this broker, whatever their state. */
  partitions(): number[] {
    return [...this.led.keys()]
  }

  /**
   * Runs one operation and resolves with its response when all the shard had written by then is committed. Rejects with
   * an `ApiError` in a coordinator's terms; the operation's own `ApiError`s pass unchanged.
   */
  async write<T>(partition: number, operation: (shard: S, nowMs: number) => Outcome<T, R>): Promise<T> {
    const shard = this.active(partition)
    try {
      return await shard.run(operation)
    } catch (error) {
      throw this.reported(error, partition)
    }
  }

  /** Looks at the state; resolves when what it saw is committed. */
  read<T>(partition: number, look: (shard: S, nowMs: number) => T): Promise<T> {
    return this.write(partition, (shard, nowMs) => ({ response: look(shard, nowMs) }))
  }

  /**
   * Refuses new work, answers whoever waits for another client at once, and whoever waits for the log when what is
   * queued has been appended.
   */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    const shards = [...this.led.values()].flatMap((led) => led.shard ?? [])
    this.led.clear()
    await Promise.all(shards.map((shard) => shard.close(new ApiError(ErrorCode.NOT_COORDINATOR))))
  }

  private active(partition: number): ActiveShard<S, R> {
    if (this.closed) throw new ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    const led = this.led.get(partition)
    if (led?.state === 'loading') throw new ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    if (!led?.shard) throw new ApiError(ErrorCode.NOT_COORDINATOR)
    return led.shard
  }

  private reported(error: unknown, partition: number): ApiError {
    if (!(error instanceof ApiError)) {
      const text = error instanceof Error ? error.message : String(error)
      this.options.logger.error(
        `Operation on ${this.name(partition)} hit an unexpected exception: ${text}.`,
        LOGGER,
        error,
      )
    }
    return asCoordinatorError(error)
  }

  private drop(led: Led<S, R>, error: ApiError): void {
    const { shard } = led
    led.shard = undefined
    if (!shard) return
    shard.drop(error)
    this.unsettled.set(led.partition, shard.settled())
  }

  private load(led: Led<S, R>): void {
    led.state = 'loading'
    this.loaded(led).then(
      (shard) => {
        if (this.led.get(led.partition) !== led) return
        led.shard = shard
        led.state = 'active'
        shard.start()
      },
      (error) => {
        if (this.led.get(led.partition) !== led) return
        led.state = 'failed'
        const text = error instanceof Error ? error.message : String(error)
        this.options.logger.error(`Failed to load metadata from ${this.name(led.partition)}: ${text}.`, LOGGER, error)
      },
    )
  }

  private async loaded(led: Led<S, R>): Promise<ActiveShard<S, R>> {
    const { options } = this
    await this.unsettled.get(led.partition)
    const log = options.log(led.partition)
    if (!log) throw new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    await prepareCodec(options.codec)
    const shard = new ActiveShard<S, R>(led.partition, log, {
      ...options,
      onFailed: (error) => this.reload(led, error),
      onTimerFailed: (error) => this.reported(error, led.partition),
    })
    const endOffset = await loadShard(log, shard.machine, {
      serde: options.serde,
      bufferBytes: options.loadBufferBytes,
      isWanted: () => this.led.get(led.partition) === led,
      onUnknownType: (type) =>
        options.logger.warn(
          `Unknown record type ${type} while loading offsets and group metadata from ${this.name(led.partition)}. ` +
            'Ignoring it. It could be a left over from an aborted upgrade.',
          LOGGER,
        ),
    })
    shard.loadedTo(endOffset)
    return shard
  }

  /** The shard knows things its log does not: back to what the log says. */
  private reload(led: Led<S, R>, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    const message = `Failed to write records to ${this.name(led.partition)}, loading it again: ${text}.`
    if (error instanceof ApiError && error.code === ErrorCode.NOT_LEADER_OR_FOLLOWER) {
      this.options.logger.debug(message, LOGGER)
    } else this.options.logger.error(message, LOGGER, error)
    this.drop(led, asCoordinatorError(error))
    if (this.led.get(led.partition) === led) this.load(led)
  }

  private name(partition: number): string {
    return `${this.options.topic}-${partition}`
  }
}
