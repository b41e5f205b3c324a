/** The front door as a request meets it. */
import { type Arriving, type FrontDoor, StoreFull } from '../events/ports.ts'
import { Problem } from './problem.ts'

const RETRY_AFTER_S = '5'

/** Resolves when the record is durable. Whatever the door refuses for is a 503: nothing was kept, and the sender comes again. */
export async function admitOrRefuse(door: FrontDoor, arriving: Arriving): Promise<{ received_at: number }> {
  try {
    return await door.admit(arriving)
  } catch (error) {
    const why = error instanceof StoreFull ? 'the log is full' : 'the log takes in nothing now'
    throw new Problem(503, `${why}: keep the message and send it again`, {}, { 'retry-after': RETRY_AFTER_S })
  }
}
