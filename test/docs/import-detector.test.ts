/** The worked example of docs/import-detector.md, as it stands there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { detectorOf, imported, importFolder, put, runImport } from '../iot-events/imported.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'import-detector.md'), 'utf8')

function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text = '']) => text,
  )
}

it('is imported with the words of the page, into the chart of the page', async () => {
  const file = put('motor.json', blocks('json')[0] as string)
  const { code, out } = await runImport(file, '--out', join(importFolder(), 'out'))
  expect(code).toBe(0)
  expect(out).toContain(blocks('text')[0])
  const chart = readFileSync(join(importFolder(), 'out', 'motor-heat.ts'), 'utf8')
  expect(blocks('ts').length).toBe(2)
  for (const excerpt of blocks('ts')) expect(chart).toContain(excerpt)
})

it('runs as the page tells', async () => {
  const motor = detectorOf(await imported(put('motor.json', blocks('json')[0] as string), 'motorHeat'))
  const says = (at_s: number, temperature: number) =>
    motor.says(at_s, 'MotorInput', { motorId: 'm-1', temperature })
  says(0, 85)
  expect([motor.state(), motor.decided()]).toEqual(['Hot', ['iotTopicPublish motors/m-1/hot']])
  says(60, 91)
  expect(motor.variables()).toEqual({ peak: 91 })
  motor.time(300)
  expect(motor.decisions()).toMatchObject([{ type: 'sns', at: 300_000, data: { payload: 'Peak: 91 °C' } }])
  says(400, 65)
  expect([motor.state(), motor.timers()]).toEqual(['Normal', []])
})
