import { ApiError, ErrorCode, errorName } from '../protocol/error-code.ts'
import { AllocateProducerIds } from '../protocol/messages/67-allocate-producer-ids.ts'
import type { ControllerChannel } from './controller-channel.ts'
import type { Logger } from './logger.ts'

const LOGGER = 'org.apache.kafka.coordinator.transaction.RPCProducerIdManager'

interface Block {
  next: number
  /** First id that is not in it. */
  readonly end: number
}

/**
 * Gives out producer ids from blocks that the controller has recorded as used: an id is never given twice, also not
 * after a crash. Of a block that was not used up the rest is lost, as in Kafka.
 */
export class ProducerIds {
  private readonly brokerId: number
  private readonly brokerEpoch: () => number
  private readonly controller: ControllerChannel
  private readonly logger: Logger
  private block: Block = { next: 0, end: 0 }
  private pending: Promise<void> | undefined

  constructor(options: {
    brokerId: number
    brokerEpoch: () => number
    controller: ControllerChannel
    logger: Logger
  }) {
    this.brokerId = options.brokerId
    this.brokerEpoch = options.brokerEpoch
    this.controller = options.controller
    this.logger = options.logger
  }

  /** An id that nobody has had. Throws COORDINATOR_LOAD_IN_PROGRESS, which clients retry, when there is none to be had. */
  async next(): Promise<number> {
    while (this.block.next >= this.block.end) {
      this.pending ??= this.allocate().finally(() => {
        this.pending = undefined
      })
      await this.pending
    }
    return this.block.next++
  }

  private async allocate(): Promise<void> {
    const { errorCode, producerIdStart, producerIdLen } = await this.controller.send(AllocateProducerIds, 0, {
      brokerId: this.brokerId,
      brokerEpoch: this.brokerEpoch(),
    })
    if (errorCode !== 0 || producerIdLen <= 0) {
      this.logger.warn(`Could not allocate a block of producer ids: ${errorName(errorCode)}`, LOGGER)
      throw new ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, 'Producer ID block is full. Waiting for next block')
    }
    this.block = { next: producerIdStart, end: producerIdStart + producerIdLen }
  }
}
