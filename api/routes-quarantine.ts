/** Records that were bad in themselves, whole. */
import type { Quarantined } from '../events/ports.ts'
import { pageParams } from './query.ts'
import { route } from './route.ts'
import { listOf, QuarantinedSchema } from './schemas.ts'

const PREVIEW_CHARACTERS = 200
/** UTF-8 needs at most four bytes for a character. */
const PREVIEW_BYTES = PREVIEW_CHARACTERS * 4

export const quarantineRoute = route({
  method: 'GET',
  path: '/v1/quarantine',
  summary: 'Refused records with their bytes and the reason, newest first',
  query: pageParams,
  status: 200,
  response: listOf(QuarantinedSchema),
  problems: [],
  handle: async ({ ports, query }) => {
    const page = await ports.store.quarantine(query.limit, query.cursor)
    return { body: { items: page.items.map(quarantinedView), next_cursor: page.next_cursor } }
  },
})

function quarantinedView(record: Quarantined) {
  const { position, received_at, topic, device_id, reason, payload_base64 } = record
  return { position, received_at, topic, device_id, reason, preview: preview(payload_base64), payload_base64 }
}

/** The beginning of the payload as text; control characters and what is no UTF-8 become �. */
function preview(payload_base64: string): string {
  const bytes = Buffer.from(payload_base64.slice(0, Math.ceil(PREVIEW_BYTES / 3) * 4), 'base64')
  const text = new TextDecoder().decode(bytes).replace(/\p{Cc}/gu, '\u{fffd}')
  const characters = Array.from(text)
  if (characters.length <= PREVIEW_CHARACTERS) return text
  return `${characters.slice(0, PREVIEW_CHARACTERS).join('')}…`
}
