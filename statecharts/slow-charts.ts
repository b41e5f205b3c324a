/** How many steps of the shipped charts were run the slow way. */
import { CHARTED_TYPES, chartsOf } from './device-charts.ts'
import { slowSteps } from './step-machine.ts'

/** Since the process began; 0 as long as every chart that runs is compiled. */
export function slowStepsSoFar(): number {
  const machines = new Set(CHARTED_TYPES.flatMap((type) => chartsOf(type).map(({ chart }) => chart.machine)))
  return [...machines].reduce((sum, machine) => sum + slowSteps(machine).slow_steps, 0)
}
