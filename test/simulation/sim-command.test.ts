import { describe, expect, test } from 'vitest'
import { runSim } from './sim-command.ts'

async function sim(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const streams = {
    out: (text: string) => {
      out += text
    },
    err: (text: string) => {
      err += text
    },
    tty: null,
  }
  return { code: await runSim(args, streams), out, err }
}

describe('npm run sim', () => {
  test('lets worlds happen, and says that every law was kept', async () => {
    const { code, out } = await sim('--seeds', '5', '--from', '20')
    expect(out).toBe('5 worlds from seed 20 on: every law was kept\n')
    expect(code).toBe(0)
  })

  test('prints the seed of one that breaks a law, and the world cut small as a test', async () => {
    const { code, out } = await sim('--seeds', '300', '--broken', 'ignores what comes late')
    expect(code).toBe(1)
    expect(out).toMatch(/^SEED=\d+ breaks the law that /)
    expect(out).toMatch(/test\("SEED=\d+: .*async \(\) => \{\n {2}const world: World = \{/)
  })

  test('counts the worlds that break a law, a line each, and goes on', async () => {
    const { code, out } = await sim(
      '--count',
      '--rough',
      '--seeds',
      '40',
      '--broken',
      'ignores what comes late',
    )
    expect(code).toBe(1)
    const lines = out.trimEnd().split('\n')
    const wrong = lines.slice(0, -1)
    expect(wrong.length).toBeGreaterThan(1)
    for (const line of wrong) expect(line).toMatch(/^SEED=\d+ breaks the law that .+: .+/)
    expect(lines.at(-1)).toBe(`${40 - wrong.length} of 40 worlds from seed 1 on kept every law`)
  })

  test('counts none where every law was kept', async () => {
    const { code, out } = await sim('--count', '--seeds', '5')
    expect({ code, out }).toEqual({ code: 0, out: '5 of 5 worlds from seed 1 on kept every law\n' })
  })

  test.each([['--seeds', '0'], ['--from', 'x'], ['--broken', 'nothing'], ['--worlds', '5'], ['5']])(
    'refuses bad flags: %s %s',
    async (...args) => {
      const { code, out, err } = await sim(...args.filter((one) => one !== undefined))
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toMatch(/^error: /)
    },
  )

  test('says what it can do', async () => {
    const { code, out } = await sim('--help')
    expect(code).toBe(0)
    expect(out).toContain('--seeds <n>')
    expect(out).toContain('Exit codes: 0 every law was kept, 1 one was broken, 2 bad flags.')
  })
})
