/** The part of Step Functions that nights ask for, in the protocol that it speaks: executions are the test's to move. */
import { startHttp } from './http-stand-in.ts'

export type Execution = {
  name: string
  status: string
  started_at: number
  input: string
  output?: string
  error?: string
  cause?: string
  history: Record<string, unknown>[]
}

export type StepFunctions = {
  endpoint: string
  /** Calls as they came: what, and with what. */
  calls: { operation: string; body: Record<string, unknown> }[]
  executions: Execution[]
  /** What happens with an execution when it is asked about. */
  onAsked(move: (execution: Execution) => void): void
  /** Answers everything with this error from now on. */
  refuse(name: string, message: string): void
  stop(): Promise<void>
}

const ACCOUNT = 'us-east-1:000000000000'

/** `machine` is the name of the one state machine that there is. */
export async function startStepFunctions(machine: string): Promise<StepFunctions> {
  const arn = `arn:aws:states:${ACCOUNT}:stateMachine:${machine}`
  const executionArn = (name: string) => `arn:aws:states:${ACCOUNT}:execution:${machine}:${name}`
  const calls: StepFunctions['calls'] = []
  const executions: Execution[] = []
  let move: (execution: Execution) => void = () => {}
  let refusal: { __type: string; message: string } | null = null

  const OPERATIONS: Record<string, (body: Record<string, unknown>) => object> = {
    // In pages of one, the wanted one last.
    ListStateMachines: ({ nextToken }) =>
      nextToken === undefined
        ? { stateMachines: [{ name: 'another', stateMachineArn: `${arn}-another` }], nextToken: 'next' }
        : { stateMachines: [{ name: machine, stateMachineArn: arn }] },
    ListExecutions: ({ statusFilter }) => ({
      executions: executions
        .filter(({ status }) => status === statusFilter)
        .map(({ name, started_at }) => ({
          name,
          startDate: started_at / 1000,
          executionArn: executionArn(name),
        })),
    }),
    StartExecution: ({ name, input }) => {
      const started_at = Date.now()
      executions.push({
        name: String(name),
        input: String(input),
        status: 'RUNNING',
        started_at,
        history: [],
      })
      return { executionArn: executionArn(String(name)), startDate: started_at / 1000 }
    },
    DescribeExecution: ({ executionArn: of }) => {
      const { name, status, started_at, output, error, cause } = asked(of)
      return { name, status, startDate: started_at / 1000, output, error, cause }
    },
    GetExecutionHistory: ({ executionArn: of, nextToken = '0' }) => {
      const { history } = asked(of)
      const from = Number(nextToken)
      const events = history
        .slice(from, from + 2)
        .map((event, n) => ({ id: from + n + 1, timestamp: 1, ...event }))
      return { events, ...(history.length > from + 2 && { nextToken: String(from + 2) }) }
    },
  }

  function asked(of: unknown): Execution {
    const found = executions.find(({ name }) => executionArn(name) === of)
    if (!found) throw new Error(`there is no execution ${of}`)
    move(found)
    return found
  }

  const http = await startHttp(({ from, body: bytes, to }) => {
    const operation = String(from.headers['x-amz-target']).replace(/^AWSStepFunctions\./, '')
    const body = JSON.parse(bytes.toString()) as Record<string, unknown>
    calls.push({ operation, body })
    const answer = refusal ?? OPERATIONS[operation]?.(body) ?? { __type: 'UnknownOperationException' }
    to.writeHead('__type' in answer ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' })
    to.end(JSON.stringify(answer))
  })
  return {
    ...http,
    calls,
    executions,
    onAsked: (then) => {
      move = then
    },
    refuse: (__type, message) => {
      refusal = { __type, message }
    },
  }
}
