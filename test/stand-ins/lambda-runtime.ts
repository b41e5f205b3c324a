/** One execution environment of a function: loads its code afresh and answers one event after the other. */
const [, , file = '', name = ''] = process.argv

export type Invocation = { event: unknown }
export type Outcome = { answer: unknown } | { error: string } | { ready: true }

const said = (outcome: Outcome) => process.send?.(outcome)
const { [name]: handler } = (await import(file)) as Record<string, (event: unknown) => Promise<unknown>>
if (!handler) throw new Error(`${file} has no ${name}`)

process.on('message', ({ event }: Invocation) => {
  handler(event).then(
    (answer) => said({ answer }),
    (error: unknown) => said({ error: String(error) }),
  )
})
said({ ready: true })
