/** HTTP for bundles: `@smithy/node-http-handler` without HTTP/2, which no client of ours speaks (adapters/aws-clients.ts). */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the package itself has it from. */
const COLLECTOR = '@smithy/core/serde'

/** A module that stands for the package. A client that is told no handler gets that of HTTP/1.1. */
export function httpHandlersModule(): string {
  const folder = dirname(fileURLToPath(import.meta.resolve('@smithy/node-http-handler/package.json')))
  const file = join(folder, 'dist-es', 'node-http-handler.js')
  return `export { NodeHttpHandler, NodeHttpHandler as NodeHttp2Handler } from ${JSON.stringify(file)}
export { streamCollector } from ${JSON.stringify(COLLECTOR)}
`
}
