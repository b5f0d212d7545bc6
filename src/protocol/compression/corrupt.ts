import { DecodeError } from '../reader.ts'

/** Compressed bytes that are damaged, or not of the codec at all. */
export function corrupt(codec: string, problem: string): DecodeError {
  return new DecodeError(`corrupt ${codec} data: ${problem}`)
}

/** Data that grows beyond what the reader allows: a bomb, or a limit set too low. */
export function tooLarge(codec: string, maxSize: number): DecodeError {
  return new DecodeError(`${codec} data decompresses to more than ${maxSize} bytes`)
}

/** Runs a library's decoder; whatever it throws is said as a `DecodeError`. */
export function decodeWith<T>(codec: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw corrupt(codec, error instanceof Error ? error.message : String(error))
  }
}
