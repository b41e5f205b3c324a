/** The nights of a stage, as Step Functions knows them. */
import {
  DescribeExecutionCommand,
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { type Elsewhere, requestHandler } from './aws-clients.ts'

const ANSWER_MS = 10_000

/** Asked now and then: the SDK's own retries will do. */
export function createNightsClient(elsewhere: Elsewhere = {}): SFNClient {
  return new SFNClient({ ...elsewhere, requestHandler: requestHandler(ANSWER_MS) })
}

/** The night that was begun before this one and is at work still, or null: two would write over each other. */
export async function nightBefore(client: SFNClient, night: string, run: string): Promise<string | null> {
  const running: ExecutionListItem[] = []
  let nextToken: string | undefined
  do {
    const asked = { stateMachineArn: night, statusFilter: 'RUNNING' as const, nextToken }
    const page = await client.send(new ListExecutionsCommand(asked))
    running.push(...(page.executions ?? []))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  const order = ({ startDate, name = '' }: ExecutionListItem) => [startDate?.getTime() ?? 0, name] as const
  const ours = running.find(({ name }) => name === run)
  // One that is not listed yet is younger than any that is.
  const [our_start, our_name] = ours ? order(ours) : [Number.POSITIVE_INFINITY, '']
  const before = running.find((one) => {
    const [start, name] = order(one)
    return one !== ours && (start < our_start || (start === our_start && name < our_name))
  })
  return before?.name ?? null
}

/** The ARN of the state machine of this name in this account and region, null where there is none. */
export async function findNights(client: SFNClient, name: string): Promise<string | null> {
  let nextToken: string | undefined
  do {
    const page = await client.send(new ListStateMachinesCommand({ nextToken }))
    const found = page.stateMachines?.find((one) => one.name === name)
    if (found?.stateMachineArn) return found.stateMachineArn
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return null
}

export async function startNight(client: SFNClient, of: { night: string; run: string; day: string }) {
  const { night, run, day } = of
  const input = JSON.stringify({ run, day })
  const { executionArn = '' } = await client.send(
    new StartExecutionCommand({ stateMachineArn: night, name: run, input }),
  )
  return executionArn
}

export type NightState = { status: string; output: unknown; error: string; cause: string }

export async function nightState(client: SFNClient, execution: string): Promise<NightState> {
  const said = await client.send(new DescribeExecutionCommand({ executionArn: execution }))
  return {
    status: said.status ?? 'UNKNOWN',
    output: said.output === undefined ? null : JSON.parse(said.output),
    error: said.error ?? '',
    cause: said.cause ?? '',
  }
}

export type NightFigures = { step: string; batches: number; done: number }

/** How far it has come, read on from what was known. */
export function createNightFollower(client: SFNClient, execution: string): () => Promise<NightFigures> {
  const figures: NightFigures = { step: '', batches: 0, done: 0 }
  let token: string | undefined
  let seen = 0
  return async () => {
    for (;;) {
      const asked = { executionArn: execution, maxResults: 1_000, includeExecutionData: false }
      const page = await client.send(new GetExecutionHistoryCommand({ ...asked, nextToken: token }))
      for (const event of page.events ?? []) {
        if ((event.id ?? 0) <= seen) continue
        seen = event.id ?? seen
        take(figures, event)
      }
      if (page.nextToken === undefined) return figures
      // The last page is read again, because it grows.
      token = page.nextToken
    }
  }
}

function take(figures: NightFigures, event: HistoryEvent): void {
  if (event.type === 'TaskStateEntered') figures.step = event.stateEnteredEventDetails?.name ?? figures.step
  if (event.type === 'MapStateStarted') {
    figures.batches = event.mapStateStartedEventDetails?.length ?? 0
    figures.done = 0
  }
  if (event.type === 'MapIterationSucceeded') figures.done++
}
