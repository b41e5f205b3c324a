/** Whether a stream is there, before anything is put on it. */
import { DescribeStreamSummaryCommand, type KinesisClient } from '@aws-sdk/client-kinesis'

/** Why the stream takes nothing, in words for a person; null where it does. */
export async function streamFlaw(client: KinesisClient, stream: string): Promise<string | null> {
  try {
    const { StreamDescriptionSummary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: stream }),
    )
    const status = StreamDescriptionSummary?.StreamStatus
    return status === 'ACTIVE' || status === 'UPDATING' ? null : `it is ${status}`
  } catch (error) {
    const { name, code, message } = error as { name?: string; code?: string; message?: string }
    if (name === 'ResourceNotFoundException') return 'there is none of this name in this account and region'
    // Some of the SDK's errors say everything in their name, some in their code, some in their message.
    return [...new Set([code ?? name, message?.split('\n')[0]].filter((said) => said))].join(': ')
  }
}
