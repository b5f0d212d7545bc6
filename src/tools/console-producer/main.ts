import type { Readable } from 'node:stream'
import { OptionException } from '../../cli/jopt.ts'
import { type Terminal, type Tool, ToolExit } from '../../cli/tool.ts'
import { ClientError, executionError } from '../../client/errors.ts'
import { type ClientLog, lineLog } from '../../client/log.ts'
import { Producer } from '../../client/producer/producer.ts'
import { JavaError, javaTrace } from '../../config/java-error.ts'
import { exitCodeOf, onStopSignal, type StopSignal } from '../signals.ts'
import { LineReader } from './line-reader.ts'
import { LineSplitter } from './line-splitter.ts'
import { type ConsoleProducerSettings, readSettings } from './settings.ts'

const CALLBACK = 'org.apache.kafka.clients.producer.internals.ErrorLoggingCallback'
const LINE_READER = 'org.apache.kafka.tools.LineMessageReader'

/** kafka-console-producer. */
export const run: Tool = async (argv, terminal) => {
  try {
    const settings = readSettings(argv, terminal)
    if (settings.readerClass !== LINE_READER) {
      throw new JavaError('java.lang.ClassNotFoundException', settings.readerClass)
    }
    const reader = new LineReader(settings.readerProperties())
    return await new ConsoleProducer(settings, reader, terminal).run()
  } catch (error) {
    if (error instanceof ToolExit || !(error instanceof JavaError)) throw error
    terminal.err(error instanceof OptionException ? `${error.message}\n` : javaTrace(error))
    return 1
  }
}

/**
 * Sends the lines of standard input. Reading waits while the producer's memory is full, so that a stream of any length
 * needs no more than that. Whatever ends it (end of input, a bad line, a signal), everything read until then is sent
 * before the tool ends.
 */
class ConsoleProducer {
  readonly #settings: ConsoleProducerSettings
  readonly #reader: LineReader
  readonly #terminal: Terminal
  readonly #log: ClientLog
  readonly #splitter = new LineSplitter()
  #lineNumber = 0
  #signal: StopSignal | undefined
  /** Ends the wait for input. */
  #wake: (() => void) | undefined
  /** What the last record failed with, which `--sync` ends at. */
  #failure: Error | undefined

  constructor(settings: ConsoleProducerSettings, reader: LineReader, terminal: Terminal) {
    this.#settings = settings
    this.#reader = reader
    this.#terminal = terminal
    this.#log = lineLog((line) => terminal.err(line))
  }

  async run(): Promise<number> {
    const { isSync, topic } = this.#settings
    const producer = await Producer.create({
      properties: this.#settings.producerProperties(),
      log: this.#log,
      onFailure: (_, keySize, valueSize, error) => {
        if (isSync) this.#failure = error
        else this.#report(topic, keySize, valueSize, error)
      },
    })
    const forget = onStopSignal((signal) => {
      this.#signal = signal
      void producer.abandonUnknown(topic)
      this.#wake?.()
    })
    try {
      await this.#readAll(producer)
      return this.#exitCode(0)
    } catch (error) {
      if (!(error instanceof JavaError)) throw error
      this.#terminal.err(javaTrace(error))
      return this.#exitCode(1)
    } finally {
      await producer.close()
      forget()
    }
  }

  #exitCode(withoutSignal: number): number {
    return this.#signal ? exitCodeOf(this.#signal) : withoutSignal
  }

  /** Until the input ends or a signal comes; what has arrived by then is still sent. */
  async #readAll(producer: Producer): Promise<void> {
    const input = this.#terminal.stdin
    this.#prompt()
    for (;;) {
      const chunk: Buffer | null = input.read()
      if (chunk !== null) {
        this.#splitter.push(chunk)
        await this.#sendLines(producer)
      }
      if (this.#signal) return
      if (chunk !== null) continue
      if (input.errored) throw input.errored
      if (input.readableEnded || input.destroyed) break
      await this.#moreInput(input)
    }
    this.#splitter.finish()
    await this.#sendLines(producer)
  }

  /** Resolves when there is something to read, nothing will come any more, or a signal came. */
  #moreInput(input: Readable): Promise<void> {
    return new Promise((resolve) => {
      const events = ['readable', 'end', 'close', 'error'] as const
      const done = () => {
        for (const event of events) input.off(event, done)
        this.#wake = undefined
        resolve()
      }
      for (const event of events) input.on(event, done)
      this.#wake = done
    })
  }

  async #sendLines(producer: Producer): Promise<void> {
    const splitter = this.#splitter
    const reader = this.#reader
    const { topic, isSync } = this.#settings
    let now = Date.now()
    for (let count = 0; splitter.next(); ) {
      if ((++count & 0xff) === 0) now = Date.now()
      reader.read(splitter.buffer, splitter.start, splitter.end, ++this.#lineNumber)
      const { key, valueStart, headers } = reader
      const source = valueStart < 0 ? null : splitter.buffer
      try {
        if (!producer.knows(topic)) await producer.ready(topic)
        while (!producer.append(topic, now, key, source, valueStart, splitter.end, headers)) {
          await producer.room(splitter.end - splitter.start)
          now = Date.now()
        }
        if (isSync) await this.#sent(producer)
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        if (isSync) throw executionError(error)
        const valueSize = source === null ? null : splitter.end - valueStart
        this.#report(topic, key?.length ?? null, valueSize, error)
        now = Date.now()
      }
      this.#prompt()
    }
  }

  async #sent(producer: Producer): Promise<void> {
    this.#failure = undefined
    await producer.flush()
    if (this.#failure) throw this.#failure
  }

  #prompt(): void {
    if (this.#terminal.stdinIsTerminal && this.#terminal.stdoutIsTerminal) this.#terminal.out('>')
  }

  #report(topic: string, keySize: number | null, valueSize: number | null, error: Error): void {
    const shown = (size: number | null) => (size === null ? 'null' : `${size} bytes`)
    this.#log.error(
      `Error when sending message to topic ${topic} with key: ${shown(keySize)}, value: ${shown(valueSize)} with error:`,
      CALLBACK,
      error,
    )
  }
}
