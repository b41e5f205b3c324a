/** The guards, actions and delays of random machines: what they do depends on context and event, and shows in both. */
import { and, assign, emit, not, or, raise, setup } from 'xstate'

/** `n` is what guards look at; the trace tells which actions ran, in which order, for which event. */
export type Memory = { n: number; trace: string[] }
/** `k` is a small number that the event brings. */
export type Said = { type: string; k?: number }
type Given = { context: Memory; event: Said }

const TRACE_KEPT = 16

export const vocabulary = setup({
  types: {} as { context: Memory; events: Said; emitted: Said & Record<string, unknown> },
  guards: {
    even: ({ context }) => context.n % 2 === 0,
    third: ({ context, event }) => (context.n + (event.k ?? 0)) % 3 === 0,
    below: ({ context }, params: { limit: number }) => context.n % 20 < params.limit,
    hears: ({ event }, params: { types: string[] }) => params.types.includes(event.type),
    slips: ({ context }) => {
      if (context.n % 11 === 7) throw new Error(`the guard slipped at ${context.n}`)
      return context.n % 2 === 1
    },
    evenThird: and(['even', 'third']),
    neither: not(or(['even', { type: 'below', params: { limit: 7 } }])),
  },
  actions: {
    mark: assign(({ context, event }, params: { tag: string }) => ({
      trace: [...context.trace, `${params.tag} ${event.type}`].slice(-TRACE_KEPT),
    })),
    count: assign({ n: ({ context }) => (context.n + 1) % 1000 }),
    whole: assign(({ context, event }) => ({ ...context, n: (context.n * 7 + 3 + (event.k ?? 0)) % 101 })),
    more: assign(({ context }, params: { by: number }) => ({ n: context.n + params.by, last: params.by })),
    same: assign(({ context }) => context),
    trip: assign(({ context }) => {
      if (context.n % 13 === 5) throw new Error(`the action tripped at ${context.n}`)
      return { n: context.n + 2 }
    }),
    tell: emit(({ context, event }, params: { tag: string }) => ({
      type: 'told',
      tag: params.tag,
      n: context.n,
      because: event.type,
    })),
    again: raise(({ context }, params: { type: string }) => ({ type: params.type, k: context.n % 5 })),
    /** For an interpreter; it must change nothing, and be counted as something that happened. */
    outside: () => undefined,
  },
  delays: {
    soon: 10,
    later: ({ context }) => 100 + context.n,
    slipping: ({ context }) => {
      if (context.n % 9 === 4) throw new Error(`the delay slipped at ${context.n}`)
      return 50
    },
    told: ({ event }: Given) => (event.k ?? 3) * 1000,
  },
})
