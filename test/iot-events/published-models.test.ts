/** The models that AWS published, each worked through by hand against what the developer guide says of it. */
import { describe, expect, it } from 'vitest'
import { realData } from '../real-data.ts'
import { detectorOf, imported } from './imported.ts'

const simple = realData('iot-events/simple-example.json')
const heartbeat = realData('iot-events/dhb.json')
const alarm = realData('iot-events/bsa.json')
const tracking = realData('iot-events/edwsaa.json')
const hvac = realData('iot-events/hvac.json')

describe('the motor of the step-by-step example', () => {
  it.skipIf(!simple)('clears after the third good reading, and says what the guide shows', async () => {
    const motor = detectorOf(await imported(simple as string, 'motorDetectorModel'))
    const pressure = (at_s: number, bar: number) =>
      motor.says(at_s, 'PressureInput', { motorid: 'Fulton-A32', sensorData: { pressure: bar } })

    // The instance is made in Normal, and the same message leads it on.
    pressure(1, 80)
    expect([motor.state(), motor.variables(), motor.decided()]).toEqual([
      'Dangerous',
      { pressureThresholdBreached: 3 },
      ['sns underPressureAction'],
    ])
    expect(motor.decisions()[0]?.data.payload).toEqual({
      eventTime: 1000,
      payload: {
        detector: {
          detectorModelName: 'motorDetectorModel',
          keyValue: 'Fulton-A32',
          detectorModelVersion: '1',
        },
        eventTriggerDetails: { inputName: 'PressureInput', triggerType: 'Message' },
        state: { stateName: 'Dangerous', variables: { pressureThresholdBreached: 3 }, timers: {} },
      },
      eventName: 'Pressure Threshold Breached',
    })

    pressure(2, 60)
    pressure(3, 70)
    expect([motor.state(), motor.variables()]).toEqual(['Dangerous', { pressureThresholdBreached: 1 }])
    // A bad reading in between begins the count again: the transition must not see the 1 of before.
    pressure(4, 71)
    expect([motor.state(), motor.variables()]).toEqual(['Dangerous', { pressureThresholdBreached: 3 }])
    pressure(5, 60)
    pressure(6, 60)
    expect(motor.decided()).toEqual([])
    pressure(7, 60)
    expect([motor.state(), motor.decided()]).toEqual(['Normal', ['sns pressureClearedAction']])
    // The guide's second message: sent on leaving Dangerous, after the count had come to 0.
    expect(motor.decisions()[0]?.data.payload).toMatchObject({
      payload: { state: { stateName: 'Dangerous', variables: { pressureThresholdBreached: 0 } } },
      eventName: 'Normal Pressure Restored',
    })
  })
})

describe('the heartbeat', () => {
  const INPUT = 'AWS_IoTEvents_Blueprints_Heartbeat_Input'

  it.skipIf(!heartbeat)(
    'goes offline five minutes after the last beat, and is back with the next',
    async () => {
      const device = detectorOf(await imported(heartbeat as string, 'dhb'))
      device.says(0, INPUT, { value: 1 })
      expect([device.state(), device.timers()]).toEqual(['Normal', [300]])
      device.says(200, INPUT, { value: 1 })
      expect(device.timers()).toEqual([500])
      device.time(499)
      expect([device.state(), device.decided()]).toEqual(['Normal', []])
      device.time(600)
      expect([device.state(), device.decided(), device.timers()]).toEqual([
        'Offline',
        ['sns sns-topic-arn at 500'],
        [],
      ])
      device.says(700, INPUT, { value: 1 })
      expect([device.state(), device.timers()]).toEqual(['Normal', [1000]])
    },
  )

  it.skipIf(!heartbeat)('does not watch a device that never beat above 0', async () => {
    const device = detectorOf(await imported(heartbeat as string, 'dhb'))
    device.says(0, INPUT, { value: 0 })
    // A reset of a timer that was never set does nothing.
    device.says(10, INPUT, { value: 5 })
    expect([device.state(), device.timers()]).toEqual(['Normal', []])
  })
})

describe('the simple alarm', () => {
  const INPUT = 'AWS_IoTEvents_Blueprints_Simple_Alarm_Input'

  it.skipIf(!alarm)('rings, escalates, snoozes, rings again, and is reset', async () => {
    const one = detectorOf(await imported(alarm as string, 'bsa'))
    // The threshold is learnt from the first message, and conditions of that message do not see it yet.
    one.says(0, INPUT, { value: 95, threshold: 90 })
    expect([one.state(), one.variables()]).toEqual(['Normal', { dnd_active: 0, threshold: 90 }])
    one.says(10, INPUT, { value: 91, threshold: 500 })
    expect([one.state(), one.decided(), one.timers()]).toEqual(['Alarming', ['sns alarmNotification'], [310]])
    expect(one.variables()).toMatchObject({ threshold: 90 })
    one.time(310)
    expect(one.decided()).toEqual(['sns escalatedAlarmNotification at 310'])
    one.says(400, INPUT, { command: 'acknowledge' })
    expect([one.state(), one.timers()]).toEqual(['Snooze', [520]])
    one.time(520)
    expect([one.state(), one.decided(), one.timers()]).toEqual([
      'Alarming',
      ['sns alarmNotification at 520'],
      [820],
    ])
    one.says(600, INPUT, { command: 'reset' })
    // A timer lives on in other states; nothing there asks for it.
    expect([one.state(), one.timers()]).toEqual(['Normal', [820]])
    one.time(900)
    expect([one.state(), one.decided(), one.timers()]).toEqual(['Normal', [], []])
  })

  it.skipIf(!alarm)(
    'is acknowledged again by its own timer, which reads the last command again',
    async () => {
      const one = detectorOf(await imported(alarm as string, 'bsa'))
      one.says(0, INPUT, { value: 95, threshold: 90 })
      one.says(10, INPUT, { value: 95 })
      one.says(20, INPUT, { command: 'acknowledge' })
      // Snooze ends at 140, and unacknowledgeTIme, set again at 140, comes due at 440: escalated, and acknowledged.
      one.time(440)
      expect(one.decided()).toEqual(['sns alarmNotification at 140', 'sns escalatedAlarmNotification at 440'])
      expect([one.state(), one.timers()]).toEqual(['Snooze', [560]])
    },
  )

  it.skipIf(!alarm)('keeps quiet after do-not-disturb, until it is reset', async () => {
    const one = detectorOf(await imported(alarm as string, 'bsa'))
    one.says(0, INPUT, { threshold: 90 })
    one.says(1, INPUT, { value: 91 })
    one.says(2, INPUT, { command: 'acknowledge' })
    one.says(3, INPUT, { command: 'dnd' })
    expect(one.variables()).toMatchObject({ dnd_active: 1 })
    one.time(122)
    expect([one.state(), one.decided()]).toEqual(['Alarming', []])
    one.says(130, INPUT, { command: 'reset' })
    expect([one.state(), one.variables()]).toEqual(['Normal', { dnd_active: 0, threshold: 90 }])
  })
})

describe('the tracked device', () => {
  const DEVICE = 'AWS_IoTEvents_Blueprints_Tracking_DeviceInput'
  const USER = 'AWS_IoTEvents_Blueprints_Tracking_UserInput'
  const NAME = 'EventDetectionSensorsAndApplications'

  it.skipIf(!tracking)(
    'is idle, in use once it moves, and stolen when another user is heard of',
    async () => {
      const device = detectorOf(await imported(tracking as string, NAME))
      device.says(0, DEVICE, { device_id: 'd-1', gps_position: '52.5,13.4' })
      device.says(1, DEVICE, { device_id: 'd-1', gps_position: '52.5,13.4' })
      expect([device.state(), device.variables()]).toEqual(['Device_idle', { position: '52.5,13.4' }])
      device.says(2, DEVICE, { device_id: 'd-1', gps_position: '52.6,13.4' })
      expect(device.state()).toBe('Device_in_use')
      // No user has been heard of: a comparison with what is undefined does not hold.
      device.says(3, DEVICE, { device_id: 'd-1', gps_position: '52.7,13.4' })
      device.says(4, USER, { device_id: 'd-1' })
      expect([device.state(), device.decided()]).toEqual(['Device_in_use', []])
      device.says(5, USER, { device_id: 'd-2' })
      expect([device.state(), device.decided()]).toEqual([
        'Device_exception',
        ['iotTopicPublish Device_stolen'],
      ])
      device.says(6, USER, { device_id: 'd-1' })
      expect([device.state(), device.decided()]).toEqual(['Device_exception', []])
    },
  )

  it.skipIf(!tracking)(
    'stays idle where its first message is a user’s, and no position is known',
    async () => {
      const device = detectorOf(await imported(tracking as string, NAME))
      device.says(0, USER, { device_id: 'd-1' })
      device.says(1, DEVICE, { device_id: 'd-1', gps_position: '52.5,13.4' })
      expect([device.state(), device.variables()]).toEqual(['Device_idle', {}])
    },
  )
})

describe('the area of the commented example', () => {
  const seed = {
    areaId: 'Area51',
    desiredTemperature: 20.5,
    allowedError: 0.7,
    rangeHigh: 30.5,
    rangeLow: 15.5,
    anomalousHigh: 60.5,
    anomalousLow: 0.5,
    sensorCount: 10,
    noDelay: false,
  }

  async function area() {
    const one = detectorOf(await imported(hvac as string, 'areaDetectorModel'))
    const reads = (at_s: number, temperature: number) =>
      one.says(at_s, 'temperatureInput', { sensorId: '05', areaId: 'Area51', sensorData: { temperature } })
    return { ...one, reads }
  }

  it.skipIf(!hvac)('waits for its parameters, and makes sure that both units are off', async () => {
    const one = await area()
    one.reads(0, 23.1)
    expect([one.state(), one.decided()]).toEqual(['start', []])
    one.says(1, 'seedTemperatureInput', seed)
    expect([one.state(), one.decided()]).toEqual([
      'idle',
      ['sns heatOff', 'sns coolOff', 'iotTopicPublish hvac/Heating/Off', 'iotTopicPublish hvac/Cooling/Off'],
    ])
    expect(one.variables()).toMatchObject({ averageTemperature: 20.5, sensorId: 0, noDelay: false })
  })

  it.skipIf(!hvac)('cools for three minutes at least once a sensor is too hot', async () => {
    const one = await area()
    one.says(0, 'seedTemperatureInput', seed)
    one.reads(10, 31.5)
    expect([one.state(), one.decided(), one.timers()]).toEqual([
      'cooling',
      ['iotTopicPublish temperatureSensor/spike', 'sns coolOn', 'iotTopicPublish hvac/Cooling/On'],
      [190],
    ])
    // (20.5 × 9 + 31.5) ÷ 10
    expect(one.variables().averageTemperature).toBeCloseTo(21.6, 9)
    expect(one.variables()).toMatchObject({ goodToGo: false, enteringNewState: false, sensorId: '05' })
    // (21.6 × 9 + 1) ÷ 10 is 19.54, below 20.5 − 0.7; but 1 is below rangeLow, and that comes first.
    one.reads(20, 1)
    expect([one.state(), one.decided().at(-1), one.timers()]).toEqual([
      'heating',
      'iotTopicPublish hvac/Heating/On',
      [140],
    ])
  })

  it.skipIf(!hvac)('is done when it is cold enough and the delay is over', async () => {
    const one = await area()
    one.says(0, 'seedTemperatureInput', seed)
    one.reads(10, 31.5)
    // Eight readings of 15.6: the average falls by a tenth of what is missing, from 21.6 to below 19.8.
    for (let n = 1; n <= 8; n++) one.reads(10 + n, 15.6)
    expect(one.variables().averageTemperature).toBeCloseTo(15.6 + 6 * 0.9 ** 8, 9)
    expect(one.state()).toBe('cooling')
    one.time(200)
    // The timer's own evaluation only notes it: the transition saw goodToGo as it was before.
    expect([one.state(), one.variables().goodToGo]).toEqual(['cooling', true])
    one.reads(210, 15.6)
    expect([one.state(), one.decided()]).toEqual([
      'idle',
      ['sns coolOff', 'iotTopicPublish hvac/Cooling/Off'],
    ])
  })

  it.skipIf(!hvac)('reports an anomalous reading, and keeps it out of the average', async () => {
    const one = await area()
    one.says(0, 'seedTemperatureInput', seed)
    one.reads(10, 61)
    expect([one.state(), one.decided()]).toEqual(['idle', ['iotTopicPublish temperatureSensor/anomaly']])
    expect(one.variables()).toMatchObject({ averageTemperature: 20.5, reportedTemperature: 61 })
    one.says(20, 'seedTemperatureInput', { areaId: 'Area51', desiredTemperature: 23.5 })
    expect(one.variables()).toMatchObject({ desiredTemperature: 23.5 })
  })
})
