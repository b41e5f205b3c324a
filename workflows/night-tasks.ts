/** The tasks of `nightly.asl.json` by the names of its states. */
import { type AggregatePorts, aggregateNight } from './aggregate-night.ts'
import { type AuditEngine, auditNight } from './audit-night.ts'
import { compactBatch, publishBatch, spreadNight, verifyBatch } from './compact-batch.ts'
import { type FinishInput, finishNight } from './finish-night.ts'
import { gatherMonth, publishMonth, verifyMonth } from './gather-month.ts'
import type { BatchRef, MonthRef, NightInput, NightPorts } from './night-ports.ts'
import { planMonths } from './plan-months.ts'
import { planNight } from './plan-night.ts'

export type NightTaskPorts = NightPorts &
  AggregatePorts & {
    log: Parameters<typeof auditNight>[1]['log']
    audit: AuditEngine
  }

export type NightStep =
  | 'Plan'
  | 'Spread'
  | 'Compact'
  | 'Verify'
  | 'Publish'
  | 'Aggregate'
  | 'PlanMonths'
  | 'GatherMonth'
  | 'VerifyMonth'
  | 'PublishMonth'
  | 'Audit'
  | 'Finish'

export function nightTasks(ports: NightTaskPorts): Record<NightStep, (input: never) => Promise<object>> {
  return {
    Plan: (input: NightInput) => planNight(input, ports),
    Spread: (input: NightInput) => spreadNight(input, ports),
    Compact: (input: BatchRef) => compactBatch(input, ports),
    Verify: (input: BatchRef) => verifyBatch(input, ports),
    Publish: (input: BatchRef) => publishBatch(input, ports),
    Aggregate: (input: NightInput) => aggregateNight(input, ports),
    PlanMonths: (input: NightInput) => planMonths(input, ports),
    GatherMonth: (input: MonthRef) => gatherMonth(input, ports),
    VerifyMonth: (input: MonthRef) => verifyMonth(input, ports),
    PublishMonth: (input: MonthRef) => publishMonth(input, ports),
    Audit: async (input: NightInput) => {
      const [from, to] = await Promise.all([ports.book.mark('confirmed'), ports.book.mark('archived')])
      return auditNight(input, { log: ports.log, from, to, engine: ports.audit })
    },
    Finish: (input: FinishInput) => finishNight(input, ports),
  }
}
