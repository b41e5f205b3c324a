/** The Metrics port on Powertools: counters and gauges as one line of CloudWatch's embedded metric format an invocation. */
import assert from 'node:assert/strict'
import { MetricUnit, Metrics as Powertools } from '@aws-lambda-powertools/metrics'
import { METRICS } from '../events/metric-names.ts'
import type { Metrics } from '../events/ports.ts'
import { METRICS_NAMESPACE } from './aws-names.ts'

/** `flush` writes what was counted since the last one; nothing where nothing was. */
export type FlushedMetrics = Metrics & { flush(): void }

/** `service` is the dimension that all of them have: which function of which stage. */
export function createPowertoolsMetrics(service: string): FlushedMetrics {
  const powertools = new Powertools({ namespace: METRICS_NAMESPACE, serviceName: service })
  return {
    count: (name, by = 1) => powertools.addMetric(known(name), MetricUnit.Count, by),
    gauge: (name, value) => powertools.addMetric(known(name), unitOf(name), value),
    flush: () => {
      if (powertools.hasStoredMetrics()) powertools.publishStoredMetrics()
    },
  }
}

/** A metric that nobody has named is one that nobody looks at. */
function known(name: string): string {
  assert(Object.hasOwn(METRICS, name), `${name} is not among the metrics that events/metric-names.ts names`)
  return name
}

function unitOf(name: string): (typeof MetricUnit)[keyof typeof MetricUnit] {
  return name.endsWith('_ms') ? MetricUnit.Milliseconds : MetricUnit.NoUnit
}
