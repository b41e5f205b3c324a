/** Compilers that are wrong on purpose, each in one rule: what differential testing must find, or it proves nothing. */
import {
  askingOrder,
  candidates,
  entered,
  exitActions,
  exited,
  RULES,
  type Rules,
} from '../../statecharts/compile-rules.ts'

const rules = (fault: Partial<Rules>): Rules => ({ ...RULES, ...fault })

export const FAULTS: Record<string, Rules> = {
  'an ancestor is asked before the leaf': rules({ askingOrder: (leaf) => askingOrder(leaf).reverse() }),
  'only the leaf is asked': rules({ askingOrder: (leaf) => askingOrder(leaf).slice(0, 1) }),
  'a re-entering transition of the root stays in it': rules({
    exited: (leaf, transition) => exited(leaf, transition).filter(({ parent }) => parent),
    entered: (transition) => {
      const all = entered(transition)
      return transition.source.parent || transition.source.machine.root !== all[0]?.node ? all : all.slice(1)
    },
  }),
  'a short wildcard is asked before a long one': rules({
    candidates: (node, type) => {
      const [exact, ...wild] = candidates(node, type)
      return exact === type ? [exact, ...wild.reverse()] : candidates(node, type).reverse()
    },
  }),
  'a wildcard is asked before the exact event': rules({
    candidates: (node, type) => candidates(node, type).reverse(),
  }),
  'parents are left before their children': rules({
    exited: (leaf, transition) => exited(leaf, transition).reverse(),
  }),
  'children are entered before their parents': rules({
    entered: (transition) => {
      const all = entered(transition)
      // The last one says where it ends; the rest is in the wrong order.
      return [...all.slice(0, -1).reverse(), ...all.slice(-1)]
    },
  }),
  'an internal transition leaves its source': rules({
    exited: (leaf, transition) => exited(leaf, { ...transition, reenter: true }),
    entered: (transition) => entered({ ...transition, reenter: true }),
  }),
  're-entering is ignored': rules({
    exited: (leaf, transition) => exited(leaf, { ...transition, reenter: false }),
    entered: (transition) => entered({ ...transition, reenter: false }),
  }),
  'initial actions are run in states that were passed through': rules({
    entered: (transition) => entered(transition).map((one) => ({ ...one, by_default: true })),
  }),
  'a timer is not cancelled': rules({
    exitActions: (node) => exitActions(node).filter((action) => !isBuiltin(action, 'xstate.cancel')),
  }),
  'a raised event is heard twice': rules({ raise: (queue, event) => void queue.push(event, event) }),
  'the last raised event is heard first': rules({ raise: (queue, event) => void queue.unshift(event) }),
  'an always is taken once at most': rules({ looksAgain: () => false }),
  'an always that changes nothing is taken again': rules({ looksAgain: () => true }),
  'a done event is lost': rules({ announceDone: () => undefined }),
}

function isBuiltin(action: unknown, type: string): boolean {
  return typeof action === 'function' && (action as { type?: string }).type === type
}
