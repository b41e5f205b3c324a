/** Properties that hold all but always: tried on the same worlds each time, so that a run says what changed. FC_SEED=any tries others. */
import fc from 'fast-check'

const { FC_SEED = '7' } = process.env

if (FC_SEED !== 'any') fc.configureGlobal({ seed: Number(FC_SEED) })
