/** One alarm: it says what is wrong and where the runbook says what to do. */
import { Duration } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'

const PERIOD = Duration.minutes(1)

export type AlarmShape = {
  /** The alarm's name behind the stage's prefix, and the heading of its section in the runbook. */
  id: string
  /** One line for whoever is woken. */
  says: string
  metric: IMetric
  /** Called when it was reached, or for `silent` not exceeded, in so many minutes in a row, or hours of an hourly metric. */
  threshold: number
  minutes?: number
  hours?: number
  /** Nothing is heard where something should be: no data is the alarm itself. */
  silent?: boolean
}

export function createAlarm(scope: Construct, prefix: string, call: ITopic, of: AlarmShape): void {
  const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_OR_EQUAL_TO_THRESHOLD } = ComparisonOperator
  const alarm = new Alarm(scope, of.id, {
    alarmName: prefix + of.id,
    alarmDescription: `${of.says} What to do: docs/runbook.md#${of.id}`,
    metric: of.metric,
    threshold: of.threshold,
    evaluationPeriods: of.hours ?? of.minutes ?? 1,
    comparisonOperator: of.silent ? LESS_THAN_OR_EQUAL_TO_THRESHOLD : GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: of.silent ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  })
  const action = new SnsAction(call)
  alarm.addAlarmAction(action)
  alarm.addOkAction(action)
}

export function metric(
  namespace: string,
  metricName: string,
  dimensionsMap: Record<string, string>,
  statistic = 'Sum',
): Metric {
  return new Metric({ namespace, metricName, dimensionsMap, statistic, period: PERIOD })
}

/** The same by the hour: for what happens once a day. */
export function hourly(of: Metric): Metric {
  return of.with({ period: Duration.hours(1) })
}

/** A metric added up over the values of its other dimensions, which nobody has to know. */
export function total(query: string): MathExpression {
  return new MathExpression({ expression: query, usingMetrics: {}, period: PERIOD })
}

/** An expression over metrics. */
export function figure(expression: string, usingMetrics: Record<string, IMetric>): MathExpression {
  return new MathExpression({ expression, usingMetrics, period: PERIOD })
}
