/**
 * In bundles this stands for `@smithy/core/event-streams`: the framing of answers that never end, which of all our calls
 * none has (Kinesis has it for SubscribeToShard alone). Whoever makes such a call is told so, and gets nothing wrong.
 */

export function resolveEventStreamSerdeConfig<T>(config: T): T {
  return config
}

export function eventStreamSerdeProvider(): never {
  throw new Error('this bundle was made without event streams')
}

export class EventStreamSerde {
  constructor() {
    eventStreamSerdeProvider()
  }
}
