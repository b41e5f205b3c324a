/** What entering a final state leads to: a done event for its parent, or the end of the machine and its output. */
import type { AnyStateNode } from 'xstate'
import type { Rules } from './compile-rules.ts'
import { Args, type Op } from './compiled.ts'

type Output = unknown

/** Output is told twice where the parent is the root: with the done event, and with the machine's end. */
export function completing(root: AnyStateNode, node: AnyStateNode, rules: Rules): Op {
  const parent = node.parent as AnyStateNode
  const type = `xstate.done.state.${parent.id}`
  const own: Output = node.output
  return (run) => {
    rules.announceDone(run.queue, doneEvent(type, own, run.args))
    if (parent !== root) return
    run.done = true
    run.touched = true
    if (root.output === undefined) return
    const done = doneEvent(`xstate.done.state.${node.id}`, own, run.args)
    run.output = outputOf(root.output, new Args(run.args.context, done))
  }
}

function doneEvent(type: string, output: Output, args: Args): { type: string; output: unknown } {
  return { type, output: outputOf(output, args) }
}

function outputOf(output: Output, args: Args): unknown {
  return typeof output === 'function' ? output(args) : output
}
