/** One execution environment of a function: loads its code afresh and answers one event after the other. */
const [, , file = '', name = '', remaining_ms = '60000'] = process.argv

export type Invocation = { event: unknown }
export type Outcome = { answer: unknown } | { error: string; name: string } | { ready: true }

const said = (outcome: Outcome) => process.send?.(outcome)
const { [name]: handler } = (await import(file)) as Record<
  string,
  (event: unknown, context: unknown) => Promise<unknown>
>
if (!handler) throw new Error(`${file} has no ${name}`)

process.on('message', ({ event }: Invocation) => {
  const until = Date.now() + Number(remaining_ms)
  const context = { getRemainingTimeInMillis: () => Math.max(0, until - Date.now()) }
  handler(event, context).then(
    (answer) => said({ answer }),
    (error: unknown) => said({ error: String(error), name: (error as Error).name }),
  )
})
said({ ready: true })
