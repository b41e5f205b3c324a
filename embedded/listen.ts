import type { Server } from 'node:net'

/** Listens there and resolves with the port, which `port` 0 leaves to the system; rejects where it cannot (EADDRINUSE, …). */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
