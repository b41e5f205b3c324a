/** The Metrics port on Powertools: counters and gauges as one line of CloudWatch's embedded metric format an invocation. */
import { MetricUnit, Metrics as Powertools } from '@aws-lambda-powertools/metrics'
import type { Metrics } from '../events/ports.ts'
import { METRICS_NAMESPACE } from './aws-names.ts'

/** `flush` writes what was counted since the last one; nothing where nothing was. */
export type FlushedMetrics = Metrics & { flush(): void }

/** `service` is the dimension that all of them have: which function of which stage. */
export function createPowertoolsMetrics(service: string): FlushedMetrics {
  const powertools = new Powertools({ namespace: METRICS_NAMESPACE, serviceName: service })
  return {
    count: (name, by = 1) => powertools.addMetric(name, MetricUnit.Count, by),
    gauge: (name, value) => powertools.addMetric(name, unitOf(name), value),
    flush: () => {
      if (powertools.hasStoredMetrics()) powertools.publishStoredMetrics()
    },
  }
}

function unitOf(name: string): (typeof MetricUnit)[keyof typeof MetricUnit] {
  return name.endsWith('_ms') ? MetricUnit.Milliseconds : MetricUnit.NoUnit
}
